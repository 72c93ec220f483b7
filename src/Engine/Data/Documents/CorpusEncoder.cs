using Inheritune.Engine.Tokenizers;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Encodes documents on all cores and writes them in order. Batches go out in waves of a few per thread, so
/// the memory does not grow with the corpus.
/// </summary>
internal sealed class CorpusEncoder
{
    private const int BatchBytes = 1 << 20;
    private const int BatchesPerThread = 4;

    private readonly TextTokenizer _tokenizer;
    private readonly int _endOfText;
    private readonly DocumentSplit _split;
    private readonly int _threadCount;

    public CorpusEncoder(string folder, TextTokenizer tokenizer, DocumentSplit split, PrepareOptions options)
    {
        _tokenizer = tokenizer;
        _endOfText = tokenizer.EndOfText!.Value;
        _split = split;
        _threadCount = options.ThreadCount > 0 ? options.ThreadCount : Environment.ProcessorCount;
        Train = new ShardSeries(folder, "train", tokenizer.VocabSize, options.ShardTokens);
        Validation = new ShardSeries(folder, "val", tokenizer.VocabSize, options.ShardTokens);
    }

    public ShardSeries Train { get; }

    public ShardSeries Validation { get; }

    public void Run(
        IEnumerable<byte[]> documents, IProgress<PrepareProgress>? progress, CancellationToken cancellation)
    {
        using ShardSeries train = Train;
        using ShardSeries validation = Validation;
        var parallel =
            new ParallelOptions { MaxDegreeOfParallelism = _threadCount, CancellationToken = cancellation };
        foreach (Batch[] wave in Batches(documents).Chunk(_threadCount * BatchesPerThread))
        {
            Parallel.ForEach(wave, parallel, Encode);
            foreach (Batch batch in wave)
            {
                train.Append(batch.Train.Ids, batch.Train.Documents, batch.Train.TextBytes);
                validation.Append(
                    batch.Validation.Ids, batch.Validation.Documents, batch.Validation.TextBytes);
            }
            progress?.Report(new PrepareProgress(
                "encoding",
                train.Documents + validation.Documents,
                train.TextBytes + validation.TextBytes,
                train.Tokens + validation.Tokens));
        }
        train.Complete();
        validation.Complete();
    }

    private static IEnumerable<Batch> Batches(IEnumerable<byte[]> documents)
    {
        var batch = new Batch();
        long bytes = 0;
        foreach (byte[] document in documents)
        {
            batch.Documents.Add(document);
            bytes += document.Length;
            if (bytes >= BatchBytes)
            {
                yield return batch;
                batch = new Batch();
                bytes = 0;
            }
        }
        yield return batch;
    }

    private void Encode(Batch batch)
    {
        foreach (byte[] document in batch.Documents)
        {
            int trainLength = _split.TrainingLength(document);
            Encode(document.AsSpan(0, trainLength), batch.Train);
            Encode(document.AsSpan(trainLength), batch.Validation);
        }
        batch.Documents.Clear();
    }

    private void Encode(ReadOnlySpan<byte> text, Part part)
    {
        if (text.IsEmpty)
        {
            return;
        }
        part.Documents++;
        part.TextBytes += text.Length;
        part.Ids.Add(_endOfText);
        _tokenizer.EncodeUtf8(text, part.Ids);
    }

    private sealed class Batch
    {
        public List<byte[]> Documents { get; } = [];

        public Part Train { get; } = new();

        public Part Validation { get; } = new();
    }

    private sealed class Part
    {
        public List<int> Ids { get; } = [];

        public long Documents { get; set; }

        public long TextBytes { get; set; }
    }
}
