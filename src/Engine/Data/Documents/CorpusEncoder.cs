using System.Diagnostics;
using Inheritune.Engine.Tokenizers;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Encodes documents on all cores and writes them in order. Batches go out in waves of a few megabytes per
/// thread, so the memory does not grow with the corpus; between waves the state is saved now and then.
/// </summary>
internal sealed class CorpusEncoder : IDisposable
{
    private readonly string _folder;
    private readonly TextTokenizer _tokenizer;
    private readonly DocumentMarks _marks;
    private readonly DocumentSplit _split;
    private readonly PrepareOptions _options;
    private readonly int _threadCount;
    private PrepareState _state;

    public CorpusEncoder(
        string folder, TextTokenizer tokenizer, DocumentSplit split, PrepareOptions options, PrepareState state)
    {
        _folder = folder;
        _tokenizer = tokenizer;
        _marks = DocumentMarks.Of(tokenizer, options.Separator);
        _split = split;
        _options = options;
        _threadCount = options.ThreadCount > 0 ? options.ThreadCount : Environment.ProcessorCount;
        _state = state;
        Met.NullDocuments = state.NullDocuments;
        Met.EmptyDocuments = state.EmptyDocuments;
        Met.BadRecords = state.BadRecords;
        Met.ReplacedBytes = state.ReplacedBytes;
        Train = new ShardSeries(folder, "train", tokenizer.VocabSize, options.ShardTokens, state.Train);
        Validation = new ShardSeries(folder, "val", tokenizer.VocabSize, options.ShardTokens, state.Validation);
    }

    public ShardSeries Train { get; }

    public ShardSeries Validation { get; }

    /// <summary>What reading met, an interrupted run included.</summary>
    public CorpusStatistics Met { get; } = new();

    /// <summary>Encodes everything. When it is stopped, what is whole is saved.</summary>
    public void Run(
        IEnumerable<DocumentBatch> batches, IProgress<PrepareProgress>? progress, CancellationToken cancellation)
    {
        try
        {
            Encode(batches, progress, cancellation);
        }
        catch (OperationCanceledException) when (_state.Position != default)
        {
            Save();
            throw;
        }
        Train.Complete();
        Validation.Complete();
    }

    /// <summary>Puts everything so far on the disk, then the state that a later run goes on from.</summary>
    public void Save()
    {
        (long documents, bool hasHeldOut, ulong smallestHash) = _split.State;
        _state = _state with
        {
            Train = Train.Save(),
            Validation = Validation.Save(),
            CountedDocuments = documents,
            HasHeldOut = hasHeldOut,
            SmallestHash = smallestHash,
            NullDocuments = Met.NullDocuments,
            EmptyDocuments = Met.EmptyDocuments,
            BadRecords = Met.BadRecords,
            ReplacedBytes = Met.ReplacedBytes,
        };
        _state.Write(_folder);
    }

    public void Dispose()
    {
        Train.Dispose();
        Validation.Dispose();
    }

    private void Encode(
        IEnumerable<DocumentBatch> batches, IProgress<PrepareProgress>? progress, CancellationToken cancellation)
    {
        var parallel =
            new ParallelOptions { MaxDegreeOfParallelism = _threadCount, CancellationToken = cancellation };
        long saved = Stopwatch.GetTimestamp();
        foreach (List<Work> wave in Waves(batches))
        {
            Parallel.ForEach(wave, parallel, Encode);
            foreach (Work work in wave)
            {
                Train.Append(work.Train.Ids, work.Train.Documents, work.Train.TextBytes);
                Validation.Append(work.Validation.Ids, work.Validation.Documents, work.Validation.TextBytes);
                Met.Add(work.Batch.Statistics);
                _state = _state with { Position = new CorpusPosition(work.Batch.Unit, work.Batch.Number + 1) };
            }
            if (Stopwatch.GetElapsedTime(saved) >= _options.SaveInterval)
            {
                Save();
                saved = Stopwatch.GetTimestamp();
            }
            progress?.Report(new PrepareProgress(
                "encoding",
                Train.Documents + Validation.Documents,
                Train.TextBytes + Validation.TextBytes,
                Train.Tokens + Validation.Tokens));
        }
    }

    private IEnumerable<List<Work>> Waves(IEnumerable<DocumentBatch> batches)
    {
        var wave = new List<Work>();
        long bytes = 0;
        foreach (DocumentBatch batch in batches)
        {
            wave.Add(new Work(batch));
            bytes += batch.Documents.Sum(document => (long)document.Length);
            if (bytes >= (long)_threadCount * _options.WaveBytes)
            {
                yield return wave;
                wave = [];
                bytes = 0;
            }
        }
        yield return wave;
    }

    private void Encode(Work work)
    {
        foreach (byte[] document in work.Batch.Documents)
        {
            int trainLength = _split.TrainingLength(document);
            Encode(document.AsSpan(0, trainLength), work.Train);
            Encode(document.AsSpan(trainLength), work.Validation);
        }
    }

    private void Encode(ReadOnlySpan<byte> text, Part part)
    {
        if (text.IsEmpty)
        {
            return;
        }
        part.Documents++;
        part.TextBytes += text.Length;
        if (_marks.Before is { } before)
        {
            part.Ids.Add(before);
        }
        _tokenizer.EncodeUtf8(text, part.Ids);
        if (_marks.After is { } after)
        {
            part.Ids.Add(after);
        }
    }

    private sealed class Work(DocumentBatch batch)
    {
        public DocumentBatch Batch { get; } = batch;

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
