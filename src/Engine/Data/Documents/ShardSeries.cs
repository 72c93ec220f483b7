using System.Globalization;
using System.Runtime.InteropServices;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Writes one part of a corpus into one or more token files: name.bin, name_001.bin, …. An unfinished file
/// can be continued by a later run.
/// </summary>
internal sealed class ShardSeries : IDisposable
{
    private readonly string _folder;
    private readonly string _name;
    private readonly int _vocabSize;
    private readonly long _shardTokens;
    private readonly List<string> _paths = [];
    private TokenShardWriter? _writer;

    /// <summary>Begins a part, or goes on with it.</summary>
    /// <exception cref="TokenFileException">The folder cannot be written, or lacks what the state says.</exception>
    public ShardSeries(string folder, string name, int vocabSize, long shardTokens, SeriesState state)
    {
        _folder = folder;
        _name = name;
        _vocabSize = vocabSize;
        _shardTokens = shardTokens;
        (Tokens, Documents, TextBytes) = (state.Tokens, state.Documents, state.TextBytes);
        for (int i = 0; i < state.Files; i++)
        {
            _paths.Add(PathOf(i));
        }
        if (state.OpenTokens > 0)
        {
            _writer = Start(state.OpenTokens);
        }
    }

    public IReadOnlyList<string> Paths => _paths;

    public long Tokens { get; private set; }

    public long Documents { get; private set; }

    public long TextBytes { get; private set; }

    public void Append(List<int> ids, long documents, long textBytes)
    {
        Documents += documents;
        TextBytes += textBytes;
        Tokens += ids.Count;
        ReadOnlySpan<int> left = CollectionsMarshal.AsSpan(ids);
        while (!left.IsEmpty)
        {
            _writer ??= Start(0);
            int count = (int)Math.Min(left.Length, _shardTokens - _writer.Count);
            _writer.Append(left[..count]);
            left = left[count..];
            if (_writer.Count == _shardTokens)
            {
                Complete();
            }
        }
    }

    /// <summary>Puts what was appended on the disk and says how much that is.</summary>
    public SeriesState Save()
    {
        _writer?.Save();
        int whole = _writer is null ? _paths.Count : _paths.Count - 1;
        return new SeriesState(whole, Tokens, _writer?.Count ?? 0, Documents, TextBytes);
    }

    public void Complete()
    {
        _writer?.Complete();
        _writer?.Dispose();
        _writer = null;
    }

    /// <summary>Closes an unfinished file but leaves it where a later run can go on.</summary>
    public void Dispose() => _writer?.Leave();

    private TokenShardWriter Start(long count)
    {
        _paths.Add(PathOf(_paths.Count));
        return TokenShardWriter.Continue(_paths[^1], _vocabSize, count);
    }

    private string PathOf(int number) => Path.Combine(
        _folder,
        number == 0 ? $"{_name}.bin" : string.Create(CultureInfo.InvariantCulture, $"{_name}_{number:D3}.bin"));
}
