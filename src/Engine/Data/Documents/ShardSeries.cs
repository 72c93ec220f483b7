using System.Runtime.InteropServices;

namespace Inheritune.Engine.Data.Documents;

/// <summary>Writes one part of a corpus into one or more token files: name.bin, name_001.bin, ….</summary>
internal sealed class ShardSeries(string folder, string name, int vocabSize, long shardTokens) : IDisposable
{
    private readonly List<string> _paths = [];
    private TokenShardWriter? _writer;

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
            _writer ??= Start();
            int count = (int)Math.Min(left.Length, shardTokens - _writer.Count);
            _writer.Append(left[..count]);
            left = left[count..];
            if (_writer.Count == shardTokens)
            {
                Complete();
            }
        }
    }

    public void Complete()
    {
        _writer?.Complete();
        _writer?.Dispose();
        _writer = null;
    }

    public void Dispose() => _writer?.Dispose();

    private TokenShardWriter Start()
    {
        string file = _paths.Count == 0 ? $"{name}.bin" : $"{name}_{_paths.Count:D3}.bin";
        _paths.Add(Path.Combine(folder, file));
        return new TokenShardWriter(_paths[^1], vocabSize);
    }
}
