using System.Text;
using System.Text.Json;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Reads one document per line from the text key of JSON objects. Lines end at LF only. Strict: what readers
/// disagree on is refused, because the same file should give the same text everywhere.
/// </summary>
internal sealed class JsonLinesReader(string path, CorpusOptions options, CorpusStatistics statistics)
{
    private const int DepthLimit = 64;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = DepthLimit };

    private readonly string[] _keys = options.TextColumn.Split('.');

    /// <exception cref="CorpusException">
    /// The file is not JSON lines, or a line is bad and not skipped.
    /// </exception>
    public IEnumerable<string?> Read(Stream stream)
    {
        var lines = new LineReader(stream, path);
        bool isStart = true;
        while (lines.TryRead(out ReadOnlyMemory<byte> line))
        {
            line = lines.Number == 1 ? WithoutMark(line) : line;
            if (line.Span.IndexOfAnyExcept(" \t\r"u8) < 0)
            {
                statistics.BlankLines++;
                continue;
            }
            if (isStart && line.Span.TrimStart(" \t\r"u8)[0] == '[')
            {
                throw new CorpusException(
                    "json-array",
                    $"Read text: {path}: content: expected one JSON object per line, got one array. "
                    + "Write each element on a line of its own.");
            }
            isStart = false;
            string? text;
            try
            {
                text = ReadLine(line, lines.Number);
            }
            catch (CorpusException fault) when (options.SkipsBadRecords)
            {
                statistics.AddBadRecord(fault);
                continue;
            }
            yield return text;
        }
    }

    private ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> line)
    {
        ReadOnlySpan<byte> bytes = line.Span;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])
            || bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            throw new CorpusException(
                "utf8", $"Read text: {path}: encoding: expected UTF-8, got UTF-16. Convert the file "
                + "to UTF-8.");
        }
        return bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? line[3..] : line;
    }

    private string? ReadLine(ReadOnlyMemory<byte> line, long number)
    {
        int invalid = Utf8Scan.FirstInvalid(line.Span);
        if (invalid >= 0)
        {
            throw Bad("utf8", number, $"byte {invalid}: expected UTF-8, got 0x{line.Span[invalid]:X2}");
        }
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, Strict);
            return ReadText(document.RootElement, number);
        }
        catch (JsonException fault)
        {
            throw IsTooDeep(line.Span)
                ? Bad("limit", number, $"depth: expected at most {DepthLimit} levels, got more")
                : Bad(
                    "json",
                    number,
                    $"expected one JSON object, got {Shorten(line.Span)} (byte {fault.BytePositionInLine})");
        }
        catch (InvalidOperationException)
        {
            throw Bad(
                "surrogate",
                number,
                $"key \"{options.TextColumn}\": expected whole characters, got half a surrogate pair");
        }
    }

    private string? ReadText(JsonElement root, long number)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Bad("not-object", number, $"expected an object, got {root.ValueKind}");
        }
        JsonElement? found = Member(root, options.TextColumn, number);
        if (found is null && _keys.Length > 1)
        {
            found = root;
            foreach (string key in _keys)
            {
                found =
                    found is { ValueKind: JsonValueKind.Object } parent ? Member(parent, key, number) : null;
            }
        }
        if (found is not { } value)
        {
            string keys = string.Join(", ", root.EnumerateObject().Take(20).Select(member => member.Name));
            throw Bad(
                "missing-key", number,
                $"no key \"{options.TextColumn}\"; keys: {Shorten(keys)}. Name the right one with "
                + $"--text-column");
        }
        return value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => value.GetString(),
            _ => throw Bad(
                "not-a-string", number, $"key \"{options.TextColumn}\": expected a string, got "
                + $"{value.ValueKind}"),
        };
    }

    private JsonElement? Member(JsonElement parent, string key, long number)
    {
        JsonElement? found = null;
        foreach (JsonProperty member in parent.EnumerateObject())
        {
            if (!member.NameEquals(key))
            {
                continue;
            }
            if (found is not null)
            {
                throw Bad("duplicate-key", number, $"key \"{key}\": expected it once, got it twice");
            }
            found = member.Value;
        }
        return found;
    }

    private CorpusException Bad(string reason, long number, string what) =>
        new(reason, $"Read text: {path}: line {number}: {what}. Correct the line, or use --skip-bad-records.")
        {
            Line = number,
        };

    private static bool IsTooDeep(ReadOnlySpan<byte> line)
    {
        int depth = 0;
        bool isString = false;
        for (int i = 0; i < line.Length; i++)
        {
            switch (line[i])
            {
                case (byte)'\\' when isString:
                    i++;
                    break;
                case (byte)'"':
                    isString = !isString;
                    break;
                case (byte)'{' or (byte)'[' when !isString:
                    if (++depth > DepthLimit)
                    {
                        return true;
                    }
                    break;
                case (byte)'}' or (byte)']' when !isString:
                    depth--;
                    break;
            }
        }
        return false;
    }

    private static string Shorten(ReadOnlySpan<byte> line) =>
        Shorten(Encoding.UTF8.GetString(line[..Math.Min(line.Length, 320)]));

    private static string Shorten(string text)
    {
        string shown =
            string.Concat(text.Take(80).Select(c => char.IsControl(c) ? $"\\u{(int)c:X4}" : c.ToString()));
        return text.Length > 80 ? shown + "…" : shown;
    }
}
