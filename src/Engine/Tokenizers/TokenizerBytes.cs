namespace Inheritune.Engine.Tokenizers;

/// <summary>The bytes of a tokenizer's file.</summary>
internal static class TokenizerBytes
{
    /// <exception cref="TokenizerException">The file is missing, cannot be read, or is too long.</exception>
    public static byte[] Read(string path, long maxBytes)
    {
        try
        {
            long length = new FileInfo(path).Length;
            return length <= maxBytes
                ? File.ReadAllBytes(path)
                : throw new TokenizerException(
                    $"{path}: length: expected at most {maxBytes} bytes, got {length}. "
                    + "It is no tokenizer file. Check the path.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException($"{path}: cannot be read. {fault.Message} Check the path.", fault);
        }
    }
}
