using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Inheritune.Engine.Data;

/// <summary>
/// Writes an llm.c token file as a stream: uint16 ids for V ≤ 65536, uint32 above. The count goes into the
/// header at the end; the file gets its name only when <see cref="Complete"/> has flushed it to the disk.
/// </summary>
public sealed class TokenShardWriter : IDisposable
{
    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly int _tokenBytes;
    private Stream? _stream;
    private int _used;

    /// <summary>Starts a file beside its final place.</summary>
    /// <param name="path">Final name; an existing file is replaced at <see cref="Complete"/>.</param>
    /// <param name="vocabSize">V: ids are below it; decides between uint16 and uint32.</param>
    /// <exception cref="TokenFileException">The folder cannot be written.</exception>
    public TokenShardWriter(string path, int vocabSize)
        : this(path, vocabSize, null)
    {
    }

    /// <summary>For tests of failing disks: writes to <paramref name="stream"/> if given.</summary>
    internal TokenShardWriter(string path, int vocabSize, Stream? stream)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabSize, 1);
        _path = Path.GetFullPath(path);
        _temporaryPath = $"{_path}.{Guid.NewGuid():N}.tmp";
        VocabSize = vocabSize;
        _tokenBytes = vocabSize <= 65536 ? 2 : 4;
        Guard(() => _stream = stream ?? new FileStream(
            _temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0));
        Array.Clear(_buffer, 0, TokenShard.HeaderBytes);
        _used = TokenShard.HeaderBytes;
    }

    /// <summary>V.</summary>
    public int VocabSize { get; }

    /// <summary>Tokens written so far.</summary>
    public long Count { get; private set; }

    /// <summary>Writes a whole shard.</summary>
    public static void Write(string path, int vocabSize, ReadOnlySpan<int> ids)
    {
        using var writer = new TokenShardWriter(path, vocabSize);
        writer.Append(ids);
        writer.Complete();
    }

    /// <summary>Adds tokens at the end.</summary>
    /// <exception cref="TokenFileException">An id is outside 0..V−1, the shard is full (2³¹ − 1), or the disk
    /// is full.</exception>
    public void Append(ReadOnlySpan<int> ids)
    {
        ObjectDisposedException.ThrowIf(_stream is null, this);
        if (Count + ids.Length > int.MaxValue)
        {
            throw new TokenFileException(
                $"{Path.GetFileName(_path)}: token count: expected below {1L << 31}, got "
                + $"{Count + ids.Length}. "
                + "Write several shards.");
        }

        foreach (var id in ids)
        {
            if ((uint)id >= (uint)VocabSize)
            {
                throw new TokenFileException(
                    $"{Path.GetFileName(_path)}: token {id} at position {Count}: expected 0 to V-1 = "
                    + $"{VocabSize - 1}.");
            }

            if (_used == _buffer.Length)
            {
                FlushBuffer();
            }

            if (_tokenBytes == 2)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_used), (ushort)id);
            }
            else
            {
                BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_used), id);
            }

            _used += _tokenBytes;
            Count++;
        }
    }

    /// <summary>Writes the header, flushes to the disk and gives the file its name.</summary>
    /// <exception cref="TokenFileException">Nothing was appended, or the disk is full.</exception>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_stream is null, this);
        if (Count == 0)
        {
            throw new TokenFileException(
                $"{Path.GetFileName(_path)}: token count: expected 1 or more, got 0. There was no text to "
                + "write.");
        }

        FlushBuffer();
        Guard(() =>
        {
            ReadOnlySpan<int> header =
                _tokenBytes == 2 ? [TokenShard.Magic16, 1, (int)Count] : [TokenShard.Magic32, 7, (int)Count];
            _stream!.Position = 0;
            _stream.Write(MemoryMarshal.AsBytes(header));
            if (_stream is FileStream file)
            {
                file.Flush(flushToDisk: true);
            }

            _stream.Dispose();
            _stream = null;
            File.Move(_temporaryPath, _path, overwrite: true);
        });
    }

    /// <summary>Deletes the unfinished file unless <see cref="Complete"/> was called.</summary>
    public void Dispose()
    {
        if (_stream is null)
        {
            return;
        }

        _stream.Dispose();
        _stream = null;
        File.Delete(_temporaryPath);
    }

    private void FlushBuffer()
    {
        Guard(() => _stream!.Write(_buffer, 0, _used));
        _used = 0;
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenFileException(
                $"{_path}: cannot be written. {e.Message} Check the permissions and the free space of the "
                + "disk.", e);
        }
    }
}
