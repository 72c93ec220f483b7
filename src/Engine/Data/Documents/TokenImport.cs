using System.Runtime.InteropServices;
using Inheritune.Engine.Tokenizers;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Token files of llm.c, nanoGPT or llmq as a prepared corpus. Files whose names say "val" are the validation
/// part; without one, documents are kept for it as with text.
/// </summary>
internal sealed class TokenImport
{
    private const int ChunkTokens = 1 << 18;
    private const int FewDocuments = 10;

    private readonly TextTokenizer _tokenizer;
    private readonly PrepareOptions _options;
    private readonly List<string> _files;
    private readonly int _separator;
    private readonly bool _isBehind;
    private readonly int[] _textBytes;
    private readonly bool _hasValidationFile;
    private long _documentCount;
    private long _tokenCount;
    private bool _isInValidationFile;

    public TokenImport(TextTokenizer tokenizer, PrepareOptions options, List<string> files)
    {
        _tokenizer = tokenizer;
        _options = options;
        _files = files;
        bool isNanoGpt = options.Corpus.TokenKind != TokenFileKind.Llmc;
        DocumentMarks marks = DocumentMarks.Of(
            tokenizer, options.Separator == DocumentSeparator.Family && isNanoGpt ? DocumentSeparator.EndAfter
            : options.Separator);
        _separator = marks.After ?? marks.Before!.Value;
        _isBehind = marks.After is not null;
        _textBytes = new int[tokenizer.VocabSize];
        // Behind another token: the first one of a text may lose its space.
        int[] front = [.. tokenizer.Encode("a", EncodeOptions.PlainText).TakeLast(1)];
        int frontBytes = tokenizer.DecodeBytes(front).Length;
        for (int id = 0; id < _textBytes.Length; id++)
        {
            _textBytes[id] = id == _separator ? 0 : tokenizer.DecodeBytes([.. front, id]).Length - frontBytes;
        }
        _hasValidationFile = files.Exists(IsValidation) && !files.TrueForAll(IsValidation);
    }

    /// <summary>Writes both parts.</summary>
    /// <exception cref="TokenFileException">A file is damaged or holds other ids than the tokenizer's.</exception>
    public (ShardSeries Train, ShardSeries Validation) Run(
        string folder, IProgress<PrepareProgress>? progress, CancellationToken cancellation)
    {
        var nothing = new SeriesState(0, 0, 0, 0, 0);
        using var train = new ShardSeries(folder, "train", _tokenizer.VocabSize, _options.ShardTokens, nothing);
        using var validation = new ShardSeries(folder, "val", _tokenizer.VocabSize, _options.ShardTokens, nothing);
        foreach (List<int> document in Documents(cancellation))
        {
            _documentCount++;
            _tokenCount += document.Count;
        }
        long first = _tokenCount, tokens = 0;
        if (_documentCount < FewDocuments && !_hasValidationFile)
        {
            first = (long)(_tokenCount * (1 - _options.ValidationFraction));
        }
        ulong limit = (ulong)(_options.ValidationFraction * (1UL << 53));
        foreach (List<int> document in Documents(cancellation))
        {
            bool isHeldOut = _hasValidationFile ? _isInValidationFile
                : _documentCount >= FewDocuments && Hash(document) < limit;
            int cut = isHeldOut ? 0 : (int)Math.Clamp(first - tokens, 0, document.Count);
            Append(train, document[..cut]);
            Append(validation, document[cut..]);
            tokens += document.Count;
            progress?.Report(new PrepareProgress(
                "copying", train.Documents + validation.Documents, train.TextBytes + validation.TextBytes, tokens));
        }
        train.Complete();
        validation.Complete();
        return (train, validation);
    }

    private static bool IsValidation(string path) =>
        Path.GetFileName(path).Contains("val", StringComparison.OrdinalIgnoreCase);

    private void Append(ShardSeries part, List<int> ids)
    {
        if (ids.Count > 0)
        {
            long bytes = 0;
            foreach (int id in ids)
            {
                bytes += _textBytes[id];
            }
            part.Append(ids, 1, bytes);
        }
    }

    /// <summary>The documents of all files with their separators; very long ones come in pieces.</summary>
    private IEnumerable<List<int>> Documents(CancellationToken cancellation)
    {
        var buffer = new int[ChunkTokens];
        foreach (string path in _files)
        {
            _isInValidationFile = IsValidation(path);
            using TokenShard shard = TokenShard.Open(path, _tokenizer.VocabSize, _options.Corpus.TokenKind);
            var document = new List<int>();
            for (long start = 0; start < shard.Count; start += ChunkTokens)
            {
                cancellation.ThrowIfCancellationRequested();
                int count = (int)Math.Min(ChunkTokens, shard.Count - start);
                shard.Read(start, buffer.AsSpan(0, count));
                for (int i = 0; i < count; i++)
                {
                    bool isSeparator = buffer[i] == _separator;
                    if ((isSeparator && !_isBehind && document.Count > 0) || document.Count == ChunkTokens)
                    {
                        yield return document;
                        document = [];
                    }
                    document.Add(buffer[i]);
                    if (isSeparator && _isBehind)
                    {
                        yield return document;
                        document = [];
                    }
                }
            }
            if (document.Count > 0)
            {
                yield return document;
            }
        }
    }

    /// <summary>FNV-1a over the ids, finished by the mixer of SplitMix64; 53 bits.</summary>
    private ulong Hash(List<int> document)
    {
        ulong hash = 0xCBF29CE484222325UL ^ (_options.Seed * 0x9E3779B97F4A7C15UL);
        foreach (int id in CollectionsMarshal.AsSpan(document))
        {
            hash = (hash ^ (uint)id) * 0x100000001B3UL;
        }
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return (hash ^ (hash >> 31)) >> 11;
    }
}
