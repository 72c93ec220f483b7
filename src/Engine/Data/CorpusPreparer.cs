using Inheritune.Engine.Data.Documents;
using Inheritune.Engine.Files;
using Inheritune.Engine.Tokenizers;

namespace Inheritune.Engine.Data;

/// <summary>
/// Turns a text corpus into token files in llm.c's layout (<c>train.bin</c>, <c>val.bin</c>), a tokenizer and
/// a manifest. The files depend on the text and the options alone, not on the machine or its threads.
/// </summary>
/// <remarks>
/// Every document begins with the end-of-text token, as in llm.c, or with the token that its tokenizer's
/// family begins texts with. Files are read and encoded in parallel and written in order. Memory is bounded:
/// texts above half a gigabyte are read again for encoding instead of being kept. The folder appears whole or
/// not at all; a run that was stopped or killed leaves what it had beside it and is gone on with by the next.
/// </remarks>
public static class CorpusPreparer
{
    /// <summary>Prepares a corpus, or returns what an earlier run with the same options prepared.</summary>
    /// <param name="options">What to prepare.</param>
    /// <param name="progress">Told of each stage now and then; from any thread, one call at a time.</param>
    /// <param name="cancellation">Stops the work; the next run with the same options goes on.</param>
    /// <exception cref="CorpusException">
    /// The text cannot be read, or the folder holds something else.
    /// </exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static PreparedCorpus Prepare(
        PrepareOptions options,
        IProgress<PrepareProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        string key = PrepareKey.Of(options);
        string? note = null;
        if (options.ReusesExisting && File.Exists(CorpusManifest.PathIn(options.OutputFolder)))
        {
            if (TryReuse(options.OutputFolder, key, out note) is { } existing)
            {
                return existing;
            }
        }
        CorpusManifest.CheckReplaceable(options.OutputFolder);
        using var work = PrepareFolder.Open(options.OutputFolder, key);
        bool isContinued = work.State is not null;
        PreparedCorpus prepared;
        try
        {
            prepared = TokenSources.Find(options.Corpus) is { } files
                ? FillFromTokens(work.Path, key, files, options, progress, cancellation)
                : Fill(work.Path, key, work.State, options, progress, cancellation);
            PrepareState.Delete(work.Path);
            AtomicFolder.Write(options.OutputFolder, work.MoveTo);
            work.Delete();
        }
        catch (OperationCanceledException) when (PrepareState.Exists(work.Path))
        {
            // The same command goes on from here.
            throw;
        }
        catch
        {
            work.Delete();
            throw;
        }
        note = isContinued ? "An interrupted run was gone on with." : note;
        return At(prepared, options.OutputFolder) with { Note = note };
    }

    /// <summary>Reads the manifest of a prepared folder and checks its files against it.</summary>
    /// <exception cref="CorpusException">
    /// There is no manifest, or a file is missing or differs from it.
    /// </exception>
    public static PreparedCorpus Open(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return CorpusManifest.Read(folder, out _);
    }

    private static void Check(PrepareOptions options)
    {
        if (options.ValidationFraction is not (>= 0 and <= 0.5))
        {
            throw new CorpusException(
                "options",
                $"Prepare: validation share: expected 0 to 0.5, got {options.ValidationFraction}. Lower it.");
        }
        if (options.Tokenizer is null && options.VocabSize is < 258 or > 65536)
        {
            throw new CorpusException(
                "options",
                $"Prepare: vocabulary size: expected 258 to 65536, got {options.VocabSize}. Choose "
                + $"one in between.");
        }
        if (options.Tokenizer is { EndOfText: null })
        {
            throw new CorpusException(
                "options",
                "Prepare: tokenizer: expected one with an end-of-text token, got one without. "
                + "Documents would run "
                + "into one another. Use another tokenizer, or train one.");
        }
    }

    private static PreparedCorpus? TryReuse(string folder, string key, out string? note)
    {
        try
        {
            PreparedCorpus existing = CorpusManifest.Read(folder, out string existingKey);
            note =
                existingKey == key ? null : "The options or the text have changed, so it was prepared anew.";
            return existingKey == key ? existing with { IsReused = true } : null;
        }
        catch (CorpusException fault)
        {
            note = $"{fault.Message} It was prepared anew.";
            return null;
        }
    }

    private static PreparedCorpus Fill(
        string folder, string key, PrepareState? state, PrepareOptions options,
        IProgress<PrepareProgress>? progress, CancellationToken cancellation)
    {
        int threads = options.ThreadCount > 0 ? options.ThreadCount : Environment.ProcessorCount;
        var store = new DocumentStore(options.Corpus, threads);
        var split = new DocumentSplit(options.ValidationFraction, options.Seed);
        TextTokenizer tokenizer;
        if (state is not null)
        {
            split.State = (state.CountedDocuments, state.HasHeldOut, state.SmallestHash);
            tokenizer = options.Tokenizer ?? TokenizerFolder.Load(folder);
        }
        else
        {
            tokenizer = Tokenizer(store, split, options, progress, cancellation);
            TokenizerFolder.Save(tokenizer, folder);
        }
        using var encoder = new CorpusEncoder(folder, tokenizer, split, options, state ?? new PrepareState { Key = key });
        if (options.Tokenizer is null && state is null)
        {
            // Training the tokenizer need not be done again.
            encoder.Save();
        }
        CorpusPosition from = state?.Position ?? default;
        encoder.Run(store.ReadAgain(from, cancellation), progress, cancellation);
        encoder.Met.Add(store.Found);
        PreparedCorpus prepared = Describe(
            folder, tokenizer, encoder.Train, encoder.Validation, encoder.Met, options);
        CorpusManifest.Write(folder, key, prepared, options);
        return prepared;
    }

    private static PreparedCorpus FillFromTokens(
        string folder, string key, List<string> files, PrepareOptions options,
        IProgress<PrepareProgress>? progress, CancellationToken cancellation)
    {
        TextTokenizer tokenizer = options.Tokenizer ?? throw new CorpusException(
            "options",
            "Prepare: token files: expected the tokenizer they were made with, got none. Give it with --tokenizer.");
        TokenizerFolder.Save(tokenizer, folder);
        (ShardSeries train, ShardSeries validation) =
            new TokenImport(tokenizer, options, files).Run(folder, progress, cancellation);
        PreparedCorpus prepared = Describe(folder, tokenizer, train, validation, new CorpusStatistics(), options);
        CorpusManifest.Write(folder, key, prepared, options);
        return prepared;
    }

    private static PreparedCorpus Describe(
        string folder, TextTokenizer tokenizer, ShardSeries train, ShardSeries validation,
        CorpusStatistics met, PrepareOptions options) => new()
        {
            Folder = folder,
            VocabSize = tokenizer.VocabSize,
            TrainShards = train.Paths,
            ValidationShards = validation.Paths,
            TrainTokens = train.Tokens,
            ValidationTokens = validation.Tokens,
            TrainDocuments = train.Documents,
            ValidationDocuments = validation.Documents,
            TextBytes = train.TextBytes + validation.TextBytes,
            ValidationTextBytes = validation.TextBytes,
            DroppedDocuments = met.NullDocuments + met.EmptyDocuments + met.BadRecords,
            Met = met,
            Source = options.Corpus.Paths.Count == 0
                ? "documentation of the .NET SDK"
                : string.Join(", ", options.Corpus.Paths),
        };

    /// <summary>
    /// The tokenizer, and what decides the split. A tokenizer to be trained sees the training part only, so
    /// that validation stays unseen text; with a given one the reading ends as soon as the split is decided.
    /// </summary>
    private static TextTokenizer Tokenizer(
        DocumentStore store, DocumentSplit split, PrepareOptions options, IProgress<PrepareProgress>? progress,
        CancellationToken cancellation)
    {
        IEnumerable<byte[]> documents = store.ReadFirst(split, progress, cancellation);
        TextTokenizer? tokenizer = options.Tokenizer;
        if (tokenizer is null)
        {
            tokenizer = BpeTrainer.Train(
                TrainingParts(documents, split),
                new BpeTrainerOptions { VocabSize = options.VocabSize, ThreadCount = options.ThreadCount },
                cancellation);
        }
        else if (documents.Any(_ => split.IsDecided))
        {
            progress?.Report(new PrepareProgress("reading", split.DocumentCount, 0, 0));
        }
        return split.DocumentCount > 0 ? tokenizer : throw new CorpusException(
            "empty", "Prepare: text: expected at least one document with text, got none. Check --data.");
    }

    /// <summary>
    /// The text for the tokenizer. Whether the corpus has so few documents that each is cut shows only once
    /// some have been counted, so the first ones wait.
    /// </summary>
    private static IEnumerable<ReadOnlyMemory<byte>> TrainingParts(
        IEnumerable<byte[]> documents, DocumentSplit split)
    {
        var waiting = new List<byte[]>();
        foreach (byte[] document in documents)
        {
            waiting.Add(document);
            if (split.CutsEach)
            {
                continue;
            }
            foreach (byte[] known in waiting)
            {
                if (!split.IsHeldOut(known))
                {
                    yield return known;
                }
            }
            waiting.Clear();
        }
        foreach (byte[] document in waiting)
        {
            yield return document.AsMemory(0, split.TrainingLength(document));
        }
    }

    private static PreparedCorpus At(PreparedCorpus prepared, string folder)
    {
        return prepared with
        {
            Folder = Path.GetFullPath(folder),
            TrainShards = Move(prepared.TrainShards),
            ValidationShards = Move(prepared.ValidationShards),
        };

        string[] Move(IReadOnlyList<string> paths) =>
            [.. paths.Select(path => Path.Combine(Path.GetFullPath(folder), Path.GetFileName(path)))];
    }
}
