using System.Text.Encodings.Web;
using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Reads and writes the JSON files of tokenizers strictly: a duplicate key anywhere is an error.
/// </summary>
internal static class JsonFile
{
    private static readonly JsonDocumentOptions Strict =
        new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    // Vocabulary characters stay readable: only what JSON demands is escaped.
    private static readonly JsonWriterOptions Plain =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const int MaxBytes = 64 << 20;

    /// <exception cref="TokenizerException">The file is missing, is no JSON, or is not an object.</exception>
    public static JsonElement Read(string path) => Parse(TokenizerBytes.Read(path, MaxBytes), path);

    /// <exception cref="TokenizerException">The bytes are no JSON or not an object.</exception>
    public static JsonElement Parse(byte[] bytes, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, Strict);
            JsonElement root = document.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Object
                ? root
                : throw new TokenizerException(
                    $"{path}: content: expected a JSON object, got {root.ValueKind}. Get the file again.");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new TokenizerException(
                $"{path}: content: expected JSON with each key once, got an error: {fault.Message} "
                + "The file may be cut off. Get it again.", fault);
        }
    }

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
        return element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }

    public static JsonElement Get(JsonElement element, string name, string place) =>
        element.ValueKind == JsonValueKind.Object && TryGet(element, name, out JsonElement value)
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

    public static int AsId(JsonElement element, string place) =>
        element.ValueKind == JsonValueKind.Number
        && element.TryGetInt32(out int id)
        && id is >= 0 and < 1 << 24
            ? id
            : throw new TokenizerException(
                $"{place}: expected an id from 0 to {(1 << 24) - 1}, got {element}.");

    public static bool GetFlag(JsonElement element, string name, bool missing) =>
        TryGet(element, name, out JsonElement value) ? value.ValueKind == JsonValueKind.True : missing;
}
