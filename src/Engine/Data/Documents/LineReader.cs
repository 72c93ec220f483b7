namespace Inheritune.Engine.Data.Documents;

/// <summary>Cuts a stream at LF. A line lives until the next one is read.</summary>
internal sealed class LineReader(Stream stream, string path)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _isAtEnd;

    /// <summary>The number of the last line read, from 1.</summary>
    public long Number { get; private set; }

    /// <exception cref="CorpusException">A line is longer than a document may be.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = Take(searched + found, terminatorLength: 1);
                return true;
            }
            searched = _end - _start;
            if (_isAtEnd)
            {
                line = Take(searched, terminatorLength: 0);
                return searched > 0;
            }
            Fill();
        }
    }

    private ReadOnlyMemory<byte> Take(int length, int terminatorLength)
    {
        ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, length);
        _start += length + terminatorLength;
        Number++;
        return line;
    }

    private void Fill()
    {
        if (_end - _start > CorpusFileReader.DocumentLimit)
        {
            throw new CorpusException(
                "limit",
                $"Read text: {path}: line {Number + 1}: expected at most "
                + $"{CorpusFileReader.DocumentLimit >> 20} MiB, "
                + "got more. Split the document.");
        }
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }
        int count = stream.Read(_buffer, _end, _buffer.Length - _end);
        _isAtEnd = count == 0;
        _end += count;
    }
}
