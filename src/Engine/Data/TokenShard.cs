using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Inheritune.Engine.Data;

/// <summary>
/// A file of token ids, read in place: llm.c (256 int32 of header: magic, version, count; then uint16 or
/// uint32 ids), llmq (its own header, uint32 ids) or nanoGPT (uint16 ids alone). Opening checks magic, version, count, size and every id once;
/// reading allocates nothing.
/// </summary>
/// <remarks>
/// Reads go through the page cache by position (pread), not through a mapping: a file that is cut while it is
/// in use gives an error instead of killing the process.
/// </remarks>
public sealed class TokenShard : IDisposable
{
    /// <summary>Magic of llm.c's uint16 layout, version 1.</summary>
    internal const int Magic16 = 20240520;

    /// <summary>Magic of llm.c's uint32 layout, version 7.</summary>
    internal const int Magic32 = 20240801;

    /// <summary>First int32 of llmq's layout: "BIN." of its name.</summary>
    internal const int MagicLlmq = 0x2E4E4942;

    /// <summary>Second int32 of llmq's layout: "TOK" and a line end.</summary>
    internal const int MagicLlmqRest = 0x0A4B4F54;

    /// <summary>Bytes of an llm.c header.</summary>
    internal const int HeaderBytes = 1024;

    private readonly SafeFileHandle _file;
    private readonly long _dataOffset;

    private TokenShard(string path, SafeFileHandle file, int vocabSize, long dataOffset, int tokenBytes,
        long count)
    {
        Path = path;
        VocabSize = vocabSize;
        TokenBytes = tokenBytes;
        Count = count;
        _file = file;
        _dataOffset = dataOffset;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>V that every id was checked against.</summary>
    public int VocabSize { get; }

    /// <summary>Number of tokens.</summary>
    public long Count { get; }

    /// <summary>Bytes of a stored token: 2 or 4.</summary>
    public int TokenBytes { get; }

    private string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>Opens a token file and checks all of it, ids included.</summary>
    /// <param name="path">The file.</param>
    /// <param name="vocabSize">V of the model: every id has to be below it.</param>
    /// <param name="kind">Layout; files without a header have to be named as such.</param>
    /// <exception cref="TokenFileException">The file is missing, damaged, or holds an id of V or
    /// more.</exception>
    public static TokenShard Open(string path, int vocabSize, TokenFileKind kind = TokenFileKind.Llmc)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabSize, 1);
        var file = OpenFile(path);
        try
        {
            var shard = kind == TokenFileKind.Llmc
                ? OpenLlmc(path, file, vocabSize)
                : OpenRaw(path, file, vocabSize, kind == TokenFileKind.NanoGpt ? 2 : 4);
            shard.CheckIds();
            return shard;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Copies tokens out.</summary>
    /// <param name="start">First token.</param>
    /// <param name="destination">As many ids as it is long. Overwritten.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range lies outside the shard.</exception>
    /// <exception cref="TokenFileException">The file has become shorter since it was opened.</exception>
    public void Read(long start, Span<int> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Count - destination.Length);
        var bytes = MemoryMarshal.AsBytes(destination);
        if (TokenBytes == 4)
        {
            ReadBytes(bytes, start);
            return;
        }

        // The 16-bit ids land in the upper half of the destination and are widened upwards in place: element
        // i is written to bytes 4i..4i+3 after it was read from 2n+2i, and 4i+3 < 2n+2(i+1) for every i < n.
        var narrow = bytes[(bytes.Length / 2)..];
        ReadBytes(narrow, start);
        var ids = MemoryMarshal.Cast<byte, ushort>(narrow);
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = ids[i];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>As in "train.bin (1,000,000 tokens)".</summary>
    public override string ToString() => FormattableString.Invariant($"{FileName} ({Count:N0} tokens)");

    private static SafeFileHandle OpenFile(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read,
                FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TokenFileException(
                $"{path}: token file: expected a file, got none. Check the path, or run prepare to make "
                + "it.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenFileException($"{path}: token file: cannot be opened. {e.Message}", e);
        }
    }

    private static TokenShard OpenLlmc(string path, SafeFileHandle file, int vocabSize)
    {
        var name = System.IO.Path.GetFileName(path);
        var length = RandomAccess.GetLength(file);
        Span<byte> header = stackalloc byte[28];
        if (length < HeaderBytes || RandomAccess.Read(file, header, 0) != header.Length)
        {
            throw new TokenFileException(
                $"{name}: size: expected at least {HeaderBytes} bytes of header, got {length}. "
                + "The file was cut short, or it has no header: then name its layout (nanoGPT).");
        }

        var magic = BinaryPrimitives.ReadInt32LittleEndian(header);
        var version = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        if (magic == MagicLlmq && version == MagicLlmqRest)
        {
            return OpenLlmq(path, file, vocabSize, header, length);
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        var (tokenBytes, expectedVersion) = magic switch
        {
            Magic16 => (2, 1),
            Magic32 => (4, 7),
            _ => throw new TokenFileException(
                $"{name}: magic: expected {Magic16} or {Magic32} (llm.c tokens), got {magic}. "
                + "This is not an llm.c token file; if it has no header, name its layout (nanoGPT)."),
        };
        if (version != expectedVersion)
        {
            throw new TokenFileException(
                $"{name}: version: expected {expectedVersion} for magic {magic}, got {version}. "
                + "The file is damaged or newer than this program. Run prepare again.");
        }

        if (count < 1)
        {
            throw new TokenFileException(
                $"{name}: token count: expected 1 or more, got {count}. The shard is empty or damaged. Run "
                + "prepare again.");
        }

        var expectedLength = HeaderBytes + (long)tokenBytes * count;
        return length == expectedLength
            ? new TokenShard(path, file, vocabSize, HeaderBytes, tokenBytes, count)
            : throw new TokenFileException(
                $"{name}: size: expected {expectedLength} bytes for {count} tokens, got {length}. "
                + "The file was cut short or is damaged. Copy it or run prepare again.");
    }

    /// <summary>llmq: version, bytes per token, count, vocabulary, whether a mask of one bit per token follows.</summary>
    private static TokenShard OpenLlmq(
        string path, SafeFileHandle file, int vocabSize, ReadOnlySpan<byte> header, long length)
    {
        var name = System.IO.Path.GetFileName(path);
        var version = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        var tokenBytes = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        long count = BinaryPrimitives.ReadInt32LittleEndian(header[16..]);
        var hasMasks = BinaryPrimitives.ReadInt32LittleEndian(header[24..]) != 0;
        if (version is not (1 or 2) || tokenBytes != 4 || count < 1)
        {
            throw new TokenFileException(
                $"{name}: header: expected llmq tokens of version 1 or 2, 4 bytes each, 1 or more, got version "
                + $"{version}, {tokenBytes} bytes, {count} tokens. The file is damaged or newer than this program.");
        }

        var expectedLength = HeaderBytes + 4 * count + (hasMasks ? (count + 7) / 8 : 0);
        return length == expectedLength
            ? new TokenShard(path, file, vocabSize, HeaderBytes, tokenBytes, count)
            : throw new TokenFileException(
                $"{name}: size: expected {expectedLength} bytes for {count} tokens, got {length}. "
                + "The file was cut short or is damaged. Copy it again.");
    }

    private static TokenShard OpenRaw(string path, SafeFileHandle file, int vocabSize, int tokenBytes)
    {
        var name = System.IO.Path.GetFileName(path);
        var length = RandomAccess.GetLength(file);
        if (length == 0 || length % tokenBytes != 0)
        {
            throw new TokenFileException(
                $"{name}: size: expected a positive multiple of {tokenBytes} bytes, got {length}. "
                + "The file was cut short, or its tokens have another width.");
        }

        return new TokenShard(path, file, vocabSize, 0, tokenBytes, length / tokenBytes);
    }

    private void CheckIds()
    {
        const int Chunk = 1 << 18;
        var buffer = ArrayPool<int>.Shared.Rent(Chunk);
        try
        {
            for (long start = 0; start < Count; start += Chunk)
            {
                var ids = buffer.AsSpan(0, (int)Math.Min(Chunk, Count - start));
                Read(start, ids);
                if (LargestAsUnsigned(ids) >= (uint)VocabSize)
                {
                    ThrowTooLarge(start, ids);
                }
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(buffer);
        }
    }

    private static uint LargestAsUnsigned(ReadOnlySpan<int> ids)
    {
        var values = MemoryMarshal.Cast<int, uint>(ids);
        var width = Vector<uint>.Count;
        var largest = Vector<uint>.Zero;
        var i = 0;
        for (; i <= values.Length - width; i += width)
        {
            largest = Vector.Max(largest, new Vector<uint>(values.Slice(i, width)));
        }

        uint result = 0;
        for (var lane = 0; lane < width; lane++)
        {
            result = Math.Max(result, largest[lane]);
        }

        for (; i < values.Length; i++)
        {
            result = Math.Max(result, values[i]);
        }

        return result;
    }

    private void ThrowTooLarge(long start, ReadOnlySpan<int> ids)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)VocabSize)
            {
                throw new TokenFileException(
                    $"{FileName}: token {(uint)ids[i]} at position {start + i}: expected below the model's "
                    + $"V={VocabSize}. The shard was made with another tokenizer. "
                    + "Run prepare again with this model's tokenizer.");
            }
        }
    }

    private void ReadBytes(Span<byte> destination, long start)
    {
        var offset = _dataOffset + start * TokenBytes;
        while (!destination.IsEmpty)
        {
            var got = RandomAccess.Read(_file, destination, offset);
            if (got == 0)
            {
                throw new TokenFileException(
                    $"{FileName}: size: expected {_dataOffset + Count * TokenBytes} bytes as when it was "
                    + "opened, got fewer. "
                    + "Another program changed the file while it was in use.");
            }

            destination = destination[got..];
            offset += got;
        }
    }
}
