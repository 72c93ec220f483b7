using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Inheritune.Engine.Data;

/// <summary>
/// Writes an llm.c token file as a stream: uint16 ids for V ≤ 65536, uint32 above. The count goes into the
/// header at the end; the file gets its name only when <see cref="Complete"/> has flushed it to the disk.
/// </summary>
public sealed class TokenShardWriter : IDisposable
{
    /// <summary>Ends the name of a file that a later run may go on with.</summary>
    internal const string UnfinishedSuffix = ".part";

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

    private TokenShardWriter(string path, int vocabSize, long count)
    {
        _path = Path.GetFullPath(path);
        _temporaryPath = _path + UnfinishedSuffix;
        VocabSize = vocabSize;
        _tokenBytes = vocabSize <= 65536 ? 2 : 4;
        Count = count;
        var length = TokenShard.HeaderBytes + count * _tokenBytes;
        Guard(() =>
        {
            if (count > 0 && !File.Exists(_temporaryPath))
            {
                // The file was completed after the last save.
                File.Move(_path, _temporaryPath);
            }

            _stream = new FileStream(
                _temporaryPath, count == 0 ? FileMode.Create : FileMode.Open, FileAccess.Write, FileShare.None,
                bufferSize: 0);
            if (count > 0 && _stream.Length < length)
            {
                throw new IOException($"It has {_stream.Length} bytes, {length} were written.");
            }

            // What was written after the last save is written again.
            _stream.SetLength(length);
            _stream.Position = count == 0 ? 0 : length;
        });
        _used = count == 0 ? TokenShard.HeaderBytes : 0;
    }

    /// <summary>V.</summary>
    public int VocabSize { get; }

    /// <summary>Tokens written so far.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// Goes on with an unfinished file after its first tokens, or starts one that can be gone on with.
    /// </summary>
    /// <param name="path">Final name.</param>
    /// <param name="vocabSize">V.</param>
    /// <param name="count">Tokens of the file that <see cref="Save"/> has put on the disk.</param>
    /// <exception cref="TokenFileException">The file is missing or has fewer tokens.</exception>
    internal static TokenShardWriter Continue(string path, int vocabSize, long count) => new(path, vocabSize, count);

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

    /// <summary>Puts what was appended on the disk; <see cref="Continue"/> can go on from here.</summary>
    internal void Save()
    {
        ObjectDisposedException.ThrowIf(_stream is null, this);
        FlushBuffer();
        Guard(() => (_stream as FileStream)?.Flush(flushToDisk: true));
    }

    /// <summary>Closes the unfinished file and leaves it.</summary>
    internal void Leave()
    {
        _stream?.Dispose();
        _stream = null;
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
