using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// The header of a safetensors file, checked in the order of <see cref="SafetensorsCheck"/>. Nothing is
/// allocated from a number in the file before that number has passed its check.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>Longest header.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    private const int MaxTensors = 1_000_000, MaxRank = 8, MaxNameBytes = 1024;
    private const string MetadataKey = "__metadata__";

    private readonly string _file;

    private SafetensorsHeader(string file) => _file = file;

    public List<SafetensorsEntry> Entries { get; } = [];

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Checks and reads a header.</summary>
    /// <param name="file">Name for messages.</param>
    /// <param name="header">The bytes after the length.</param>
    /// <param name="dataBytes">Bytes of the file after the header.</param>
    /// <exception cref="SafetensorsException">A check fails.</exception>
    public static SafetensorsHeader Parse(string file, ReadOnlySpan<byte> header, long dataBytes)
    {
        var result = new SafetensorsHeader(file);
        result.RequireEncoding(header);
        try
        {
            result.RequireStrictJson(header);
            result.ReadMetadata(header);
            result.ReadEntries(header);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair.
            throw new SafetensorsException(
                SafetensorsCheck.Json, $"{file}: header is not strict JSON: {exception.Message}", exception);
        }

        result.RequireLayout(dataBytes);
        return result;
    }

    private static Utf8JsonReader Reader(ReadOnlySpan<byte> header) =>
        new(header, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Disallow, MaxDepth = 4 });

    private void RequireEncoding(ReadOnlySpan<byte> header)
    {
        if (header.IsEmpty)
        {
            Fail(SafetensorsCheck.Encoding, "header is empty: expected a JSON object.");
        }

        if (header[0] != (byte)'{')
        {
            Fail(SafetensorsCheck.Encoding, $"header must begin with '{{', got byte 0x{header[0]:X2}.");
        }

        if (!Utf8.IsValid(header))
        {
            Fail(SafetensorsCheck.Encoding, "header is not UTF-8.");
        }
    }

    /// <summary>
    /// Reads every token, so that a fault of the text is found before a fault of its meaning.
    /// </summary>
    private void RequireStrictJson(ReadOnlySpan<byte> header)
    {
        // NOTE: JsonDocument keeps duplicate keys and returns the last one; only the token stream shows them.
        var keys = new Stack<HashSet<string>>();
        string? duplicate = null;
        var reader = Reader(header);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    keys.Push(new HashSet<string>(StringComparer.Ordinal));
                    break;
                case JsonTokenType.EndObject:
                    keys.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    var key = reader.GetString()!;
                    duplicate = keys.Peek().Add(key) ? duplicate : duplicate ?? key;
                    break;
                case JsonTokenType.String:
                    _ = reader.GetString();
                    break;
                default:
                    break;
            }
        }

        if (duplicate is not null)
        {
            Fail(SafetensorsCheck.DuplicateKey, $"key {Quote(duplicate)} appears twice in one object.");
        }
    }

    private void ReadMetadata(ReadOnlySpan<byte> header)
    {
        var reader = Reader(header);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals(MetadataKey))
            {
                reader.Skip();
                continue;
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                Fail(SafetensorsCheck.Metadata,
                    $"{MetadataKey}: expected an object, got {reader.TokenType}.");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var key = reader.GetString()!;
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                {
                    Fail(SafetensorsCheck.Metadata,
                        $"{MetadataKey}: {Quote(key)}: expected a string, got {reader.TokenType}.");
                }

                Metadata.Add(key, reader.GetString()!);
            }
        }
    }

    private void ReadEntries(ReadOnlySpan<byte> header)
    {
        var reader = Reader(header);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (name == MetadataKey)
            {
                reader.Skip();
                continue;
            }

            if (Entries.Count == MaxTensors)
            {
                Fail(SafetensorsCheck.Limit, $"more than {MaxTensors} tensors.");
            }

            if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
            {
                Fail(SafetensorsCheck.Limit,
                    $"tensor name {Quote(name)} is longer than {MaxNameBytes} bytes.");
            }

            reader.Read();
            Entries.Add(ReadEntry(ref reader, name));
        }

        foreach (var entry in Entries)
        {
            RequireSize(entry);
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            FailEntry(name, $"expected an object, got {reader.TokenType}.");
        }

        string? dtype = null;
        List<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("dtype"))
            {
                reader.Read();
                dtype = reader.TokenType == JsonTokenType.String ? reader.GetString()! : reader.TokenType.ToString();
                if (reader.TokenType != JsonTokenType.String || SafetensorsTypes.Bits(dtype) == 0)
                {
                    FailEntry(name,
                        $"unknown dtype {Quote(dtype)}: expected one of {SafetensorsTypes.Names}.");
                }
            }
            else if (reader.ValueTextEquals("shape"))
            {
                shape = ReadIntegers(ref reader, name, "shape", MaxRank);
            }
            else if (reader.ValueTextEquals("data_offsets"))
            {
                offsets = ReadIntegers(ref reader, name, "data_offsets", 3);
            }
            else
            {
                reader.Skip();
            }
        }

        if (dtype is null || shape is null || offsets is null)
        {
            FailEntry(name,
                $"missing {(dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets")}.");
        }

        if (offsets.Count != 2)
        {
            FailEntry(name,
                "data_offsets: expected exactly two integers, got "
                + $"{(offsets.Count > 2 ? "more" : offsets.Count)}.");
        }

        return new SafetensorsEntry(name, dtype, shape.ToArray(), offsets[0], offsets[1]);
    }

    private List<long> ReadIntegers(ref Utf8JsonReader reader, string name, string key, int limit)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            FailEntry(name, $"{key}: expected an array of integers, got {reader.TokenType}.");
        }

        var values = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || reader.ValueSpan.ContainsAnyExceptInRange((byte)'0', (byte)'9')
                || !reader.TryGetInt64(out var value))
            {
                var got = reader.TokenType == JsonTokenType.Number
                    ? Encoding.UTF8.GetString(reader.ValueSpan)
                    : reader.TokenType.ToString();
                FailEntry(name,
                    $"{key}: expected non-negative integer literals below 2^63, got "
                    + $"{got[..Math.Min(got.Length, 32)]}.");
                return values;
            }

            if (values.Count == limit)
            {
                if (key == "shape")
                {
                    Fail(SafetensorsCheck.Limit, $"tensor {Quote(name)}: rank above {MaxRank}.");
                }

                continue;
            }

            values.Add(value);
        }

        return values;
    }

    private void RequireSize(SafetensorsEntry entry)
    {
        Int128 elements = 1;
        foreach (var dimension in entry.Shape)
        {
            elements *= dimension;
            if (elements > long.MaxValue)
            {
                FailSize(entry, $"product of shape {entry.ShapeText} overflows 64 bits.");
            }
        }

        var bits = elements * SafetensorsTypes.Bits(entry.DType);
        if (bits % 8 != 0)
        {
            FailSize(entry,
                $"{elements} elements of {entry.DType} are {bits} bits, not a whole number of bytes.");
        }

        if (bits / 8 > long.MaxValue)
        {
            FailSize(entry, $"byte size of {entry.DType} {entry.ShapeText} overflows 64 bits.");
        }

        if (entry.Begin > entry.End)
        {
            FailSize(entry, $"data_offsets end before they begin: {entry.Begin}, {entry.End}.");
        }

        if (bits / 8 != entry.End - entry.Begin)
        {
            FailSize(entry,
                $"expected {bits / 8} bytes for {entry.DType} {entry.ShapeText}, got "
                + $"{entry.End - entry.Begin}.");
        }
    }

    /// <summary>
    /// One rule for holes, overlaps, truncation and trailing bytes: sorted, the tensors tile the data.
    /// </summary>
    private void RequireLayout(long dataBytes)
    {
        Entries.Sort(static (a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)) is var order && order != 0
            ? order
            : string.CompareOrdinal(a.Name, b.Name));
        long position = 0;
        foreach (var entry in Entries)
        {
            if (entry.Begin > position)
            {
                Fail(SafetensorsCheck.Layout,
                    $"bytes {position}..{entry.Begin} before {Quote(entry.Name)} belong to no tensor.");
            }

            if (entry.Begin < position)
            {
                Fail(SafetensorsCheck.Layout,
                    $"tensor {Quote(entry.Name)} shares bytes {entry.Begin}..{Math.Min(position, entry.End)} "
                    + "with another tensor.");
            }

            position = entry.End;
        }

        if (position > dataBytes)
        {
            Fail(SafetensorsCheck.Layout,
                $"tensors need {position} bytes of data, the file has {dataBytes}. It is cut off.");
        }

        if (position < dataBytes)
        {
            Fail(SafetensorsCheck.Layout,
                $"{dataBytes - position} bytes after the last tensor belong to no tensor.");
        }
    }

    private static string Quote(string text) => "'" + (text.Length > 80 ? text[..80] + "…" : text) + "'";

    [DoesNotReturn]
    private void FailEntry(string name, string text) =>
        Fail(SafetensorsCheck.Entry, $"tensor {Quote(name)}: {text}");

    [DoesNotReturn]
    private void FailSize(SafetensorsEntry entry, string text) =>
        Fail(SafetensorsCheck.Size, $"tensor {Quote(entry.Name)}: {text}");

    [DoesNotReturn]
    private void Fail(SafetensorsCheck check, string text) =>
        throw new SafetensorsException(check, $"{_file}: {text}");
}
