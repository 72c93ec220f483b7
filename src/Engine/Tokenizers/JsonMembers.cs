using System.Text.Encodings.Web;
using System.Text.Json;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Reads and writes the JSON files of tokenizers, member by member.
/// </summary>
internal static class JsonMembers
{
    private const int MaxBytes = 64 << 20;

    // Vocabulary characters stay readable: only what JSON demands is escaped.
    private static readonly JsonWriterOptions Plain =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="TokenizerException">The file is missing, is no strict JSON, or no object.</exception>
    public static JsonElement Read(string path) => Parse(ReadBytes(path, MaxBytes), path);

    /// <exception cref="TokenizerException">The bytes are no strict JSON or not an object.</exception>
    public static JsonElement Parse(byte[] bytes, string path)
    {
        using JsonDocument document = JsonFile.Parse(bytes, path, Fault);
        return document.RootElement.Clone();
    }

    /// <exception cref="TokenizerException">The file is missing, cannot be read, or is too long.</exception>
    public static byte[] ReadBytes(string path, long maxBytes) => JsonFile.ReadBytes(path, maxBytes, Fault);

    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            write(writer);
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>A member that is there and not null.</summary>
    public static bool TryGet(JsonElement element, string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value)
            && value.ValueKind != JsonValueKind.Null;
    }

    public static JsonElement Get(JsonElement element, string name, string place) =>
        TryGet(element, name, out JsonElement value)
            ? value
            : throw new TokenizerException(
                $"{place}: {name}: expected a value, got none. Get the file again.");

    public static string GetText(JsonElement element, string name, string place) =>
        AsText(Get(element, name, place), $"{place}: {name}");

    /// <exception cref="TokenizerException">It is no string, or holds half a surrogate pair.</exception>
    public static string AsText(JsonElement element, string place)
    {
        if (element.ValueKind == JsonValueKind.String)
        {
            try
            {
                return element.GetString()!;
            }
            catch (InvalidOperationException fault)
            {
                throw new TokenizerException(
                    $"{place}: expected valid Unicode, got half a surrogate pair.", fault);
            }
        }
        throw new TokenizerException(
            $"{place}: expected a string, got {element.ValueKind}. Get the file again.");
    }

    /// <summary>The members of an object; their names are valid Unicode.</summary>
    /// <exception cref="TokenizerException">It is no object, or a name holds half a surrogate pair.</exception>
    public static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new TokenizerException(
                $"{place}: expected an object, got {element.ValueKind}. Get the file again.");
        }
        foreach (JsonProperty member in element.EnumerateObject())
        {
            string name;
            try
            {
                name = member.Name;
            }
            catch (InvalidOperationException fault)
            {
                throw new TokenizerException(
                    $"{place}: a name: expected valid Unicode, got half a surrogate pair.", fault);
            }
            yield return (name, member.Value);
        }
    }

    public static int AsId(JsonElement element, string place) =>
        element.ValueKind == JsonValueKind.Number
        && element.TryGetInt32(out int id)
        && id is >= 0 and < 1 << 24
            ? id
            : throw new TokenizerException(
                $"{place}: expected an id from 0 to {(1 << 24) - 1}, got {element}.");

    public static bool GetFlag(JsonElement element, string name, bool missing) =>
        TryGet(element, name, out JsonElement value) ? value.ValueKind == JsonValueKind.True : missing;

    private static TokenizerException Fault(string message, Exception? cause) =>
        cause is null ? new TokenizerException(message) : new TokenizerException(message, cause);
}
