using System.Text;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Reads a text file as one document. A mark at the start is dropped: UTF-8 or, when it says so, UTF-16.
/// Line ends stay as they are.
/// </summary>
internal static class TextFileReader
{
    /// <exception cref="CorpusException">
    /// The file is binary, too long, or not valid in its encoding.
    /// </exception>
    public static IEnumerable<string?> Read(
        Stream stream, string path, CorpusOptions options, CorpusStatistics statistics)
    {
        string text = Decode(ReadAll(stream, path), path, options, statistics);
        return options.DocumentSeparator is { Length: > 0 } separator
            ? text.Split(separator, StringSplitOptions.RemoveEmptyEntries)
            : [text];
    }

    private static byte[] ReadAll(Stream stream, string path)
    {
        using var buffer = new MemoryStream();
        var block = new byte[1 << 16];
        for (int count = stream.Read(block); count > 0; count = stream.Read(block))
        {
            if (buffer.Length + count > CorpusFileReader.DocumentLimit)
            {
                throw new CorpusException(
                    "limit",
                    $"Read text: {path}: size: expected at most "
                    + $"{CorpusFileReader.DocumentLimit >> 20} MiB in one "
                    + "document, got more. Split the file.");
            }
            buffer.Write(block, 0, count);
        }
        return buffer.ToArray();
    }

    private static string Decode(
        byte[] bytes, string path, CorpusOptions options, CorpusStatistics statistics)
    {
        ReadOnlySpan<byte> text = bytes;
        if (text.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]))
        {
            throw Binary(path, "UTF-32");
        }
        if (text.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])
            || text.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return DecodeUtf16(text, path);
        }
        if (text.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            text = text[3..];
        }
        int markLength = bytes.Length - text.Length;
        int nul = text.IndexOf((byte)0);
        if (nul >= 0)
        {
            throw Binary(path, $"a NUL at byte {nul + markLength}");
        }
        int invalid = Utf8Scan.FirstInvalid(text);
        if (invalid >= 0)
        {
            if (!options.ReplacesInvalidUtf8)
            {
                throw new CorpusException(
                    "utf8",
                    $"Read text: {path}: byte {invalid + markLength}: expected UTF-8, got "
                    + $"0x{text[invalid]:X2}. The "
                    + "file may be in another encoding. Convert it to UTF-8, or use --invalid-utf8 replace.");
            }
            statistics.ReplacedBytes += Utf8Scan.CountInvalid(text);
        }
        return Encoding.UTF8.GetString(text);
    }

    private static string DecodeUtf16(ReadOnlySpan<byte> text, string path)
    {
        try
        {
            return new UnicodeEncoding(
                bigEndian: text[0] == 0xFE, byteOrderMark: false, throwOnInvalidBytes: true)
                .GetString(text[2..]);
        }
        catch (DecoderFallbackException fault)
        {
            throw new CorpusException(
                "utf16",
                $"Read text: {path}: byte {fault.Index + 2}: expected UTF-16 as its first bytes "
                + $"say, got half a "
                + "character. The file may be cut off. Convert it to UTF-8.", fault);
        }
    }

    private static CorpusException Binary(string path, string got) => new(
        "binary",
        $"Read text: {path}: content: expected text, got {got}. The file is binary or in another encoding. "
        + "Convert it to UTF-8.");
}
