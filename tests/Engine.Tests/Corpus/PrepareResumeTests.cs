using System.Text.Json;
using Engine.Tests.Tokenizers;
using Inheritune.Engine.Data;
using Inheritune.Engine.Data.Documents;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Corpora;

public sealed class PrepareResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(31);

    public PrepareResumeTests()
    {
        Directory.CreateDirectory(Data);
        for (int file = 0; file < 12; file++)
        {
            IEnumerable<string> lines = Enumerable.Range(0, 30).Select(i => JsonSerializer.Serialize(new
            {
                text = i % 7 == 3 ? "" : string.Join(' ', Enumerable.Range(0, 30).Select(_ => $"w{_random.Next(50)}")),
            }));
            File.WriteAllLines(Path.Combine(Data, $"part-{file:D2}.jsonl"), lines);
        }
    }

    private string Data => Path.Combine(_folder.Path, "data");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, true)]
    [InlineData(4, false)]
    [InlineData(9, true)]
    public void Prepare_StoppedAndStartedAgain_WritesTheSameFiles(int waves, bool trainsTokenizer)
    {
        CorpusPreparer.Prepare(Options("whole", trainsTokenizer));
        Stop(Options("again", trainsTokenizer), waves);
        Assert.False(Directory.Exists(In("again")));
        Assert.True(Directory.Exists(In("again.partial")));
        PreparedCorpus prepared = CorpusPreparer.Prepare(Options("again", trainsTokenizer));
        Assert.Contains("gone on", prepared.Note, StringComparison.Ordinal);
        AssertSame("whole", "again");
        Assert.False(Directory.Exists(In("again.partial")));
    }

    [Fact]
    public void Prepare_KilledLongAfterItsLastSave_WritesTheSameFiles()
    {
        CorpusPreparer.Prepare(Options("whole", true));
        byte[] early = [];
        Stop(Options("again", true), 9, wave =>
        {
            early = wave == 3 ? File.ReadAllBytes(Path.Combine(In("again.partial"), "progress.json")) : early;
        });
        Assert.True(Directory.GetFiles(In("again.partial"), "train*.bin").Length > 1);
        File.WriteAllBytes(Path.Combine(In("again.partial"), "progress.json"), early);
        CorpusPreparer.Prepare(Options("again", true));
        AssertSame("whole", "again");
    }

    [Fact]
    public void Prepare_StoppedAgainAndAgain_WritesTheSameFiles()
    {
        CorpusPreparer.Prepare(Options("whole", false));
        for (int i = 0; i < 4; i++)
        {
            Stop(Options("again", false), 2);
        }
        CorpusPreparer.Prepare(Options("again", false));
        AssertSame("whole", "again");
    }

    [Fact]
    public void Prepare_OtherOptionsAfterAStop_StartsAnew()
    {
        PrepareOptions other = Options("again", false) with { ShardTokens = 2000 };
        Stop(Options("again", false), 3);
        Assert.Null(CorpusPreparer.Prepare(other).Note);
        CorpusPreparer.Prepare(other with { OutputFolder = In("whole") });
        AssertSame("whole", "again");
    }

    [Fact]
    public void Prepare_WhileAnotherRunWorks_IsRefused()
    {
        Directory.CreateDirectory(In("busy.partial"));
        using var held = new FileStream(
            Path.Combine(In("busy.partial"), "lock"), FileMode.Create, FileAccess.Write, FileShare.None);
        var fault = Assert.Throws<CorpusException>(() => CorpusPreparer.Prepare(Options("busy", false)));
        Assert.Contains("another run", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batches_AnyThreadsAndStart_AreThoseOfTheWhole()
    {
        var options = new CorpusOptions { Paths = [Data] };
        List<DocumentBatch> whole = Read(options, default, 1);
        Assert.Equal(12, whole.Select(batch => batch.Unit).Distinct().Count());
        Assert.Equal(12 * 4, whole.Sum(batch => batch.Statistics.EmptyDocuments));
        List<DocumentBatch> parallel = Read(options, default, 5);
        Assert.Equal(whole.SelectMany(batch => batch.Documents), parallel.SelectMany(batch => batch.Documents));
        DocumentBatch start = whole[5];
        List<DocumentBatch> rest = Read(options, new CorpusPosition(start.Unit, start.Number), 3);
        Assert.Equal(whole.Skip(5).SelectMany(b => b.Documents), rest.SelectMany(b => b.Documents));
    }

    [Fact]
    public void Batches_BadFileInTheMiddle_GiveWhatCameBeforeThenTheFault()
    {
        File.WriteAllText(Path.Combine(Data, "part-05.jsonl"), "{\"text\":\"a\"}\n{\n");
        var seen = new List<int>();
        var fault = Assert.Throws<CorpusException>(() =>
        {
            foreach (DocumentBatch batch in DocumentBatches.Read(
                new CorpusOptions { Paths = [Data] }, default, 4, new CorpusStatistics(), CancellationToken.None))
            {
                seen.Add(batch.Unit);
            }
        });
        Assert.Equal(2, fault.Line);
        Assert.Equal([0, 1, 2, 3, 4], seen.Distinct());
    }

    [Theory]
    [InlineData(DocumentSeparator.EndBefore, 256, null)]
    [InlineData(DocumentSeparator.EndAfter, null, 256)]
    [InlineData(DocumentSeparator.Family, 256, null)]
    public void Marks_Separator_AreTheTokensOfTheTokenizer(DocumentSeparator separator, int? before, int? after) =>
        Assert.Equal(new DocumentMarks(before, after), DocumentMarks.Of(new ByteTokenizer(), separator));

    [Theory]
    [InlineData("toy-llama3-style.tokenizer.json", true)]
    [InlineData("toy-spm-llama.model", true)]
    [InlineData("toy-gpt2-style.tokenizer.json", false)]
    [InlineData("toy-neox-style.tokenizer.json", false)]
    public void Marks_Family_BeginsTextsAsItsModelsExpect(string name, bool hasBegin)
    {
        Directory.CreateDirectory(In("tokenizer"));
        string own = name.EndsWith(".model", StringComparison.Ordinal) ? "tokenizer.model" : "tokenizer.json";
        File.Copy(TextFixtures.Require("tokenizers/" + name), Path.Combine(In("tokenizer"), own));
        TextTokenizer tokenizer = TokenizerFolder.Load(In("tokenizer"));
        DocumentMarks marks = DocumentMarks.Of(tokenizer, DocumentSeparator.Family);
        Assert.Equal(hasBegin, marks.Before != tokenizer.EndOfText);
        Assert.Null(marks.After);
        PrepareOptions options = Options("out", false) with { Tokenizer = tokenizer };
        Assert.SkipWhen(tokenizer.EndOfText is null, "The tokenizer ends no text.");
        PreparedCorpus prepared = CorpusPreparer.Prepare(options);
        using TokenShard shard = TokenShard.Open(prepared.TrainShards[0], prepared.VocabSize);
        var ids = new int[1];
        shard.Read(0, ids);
        Assert.Equal(marks.Before, ids[0]);
        // The same folder can be written again, whatever files the tokenizer has.
        Assert.True(CorpusPreparer.Prepare(options).IsReused);
        Assert.False(CorpusPreparer.Prepare(options with { Seed = 5 }).IsReused);
    }

    [Fact]
    public void Marks_BeginWithoutSuchAToken_IsRefused() =>
        Assert.Throws<CorpusException>(() => DocumentMarks.Of(new ByteTokenizer(), DocumentSeparator.BeginAndEnd));

    private static List<DocumentBatch> Read(CorpusOptions options, CorpusPosition from, int threads) =>
        [.. DocumentBatches.Read(options, from, threads, new CorpusStatistics(), CancellationToken.None)];

    private static void Stop(PrepareOptions options, int waves, Action<int>? onWave = null)
    {
        using var stop = new CancellationTokenSource();
        int wave = 0;
        var progress = new CountingProgress(() =>
        {
            onWave?.Invoke(++wave);
            if (--waves == 0)
            {
                stop.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => CorpusPreparer.Prepare(options, progress, stop.Token));
    }

    private PrepareOptions Options(string name, bool trainsTokenizer) => new()
    {
        Corpus = new CorpusOptions { Paths = [Data] },
        OutputFolder = In(name),
        Tokenizer = trainsTokenizer ? null : new ByteTokenizer(),
        VocabSize = 300,
        ValidationFraction = 0.1,
        ShardTokens = 3000,
        ThreadCount = 2,
        WaveBytes = 1,
        SaveInterval = trainsTokenizer ? TimeSpan.Zero : TimeSpan.FromHours(1),
    };

    private string In(string name) => Path.Combine(_folder.Path, name);

    private void AssertSame(string left, string right)
    {
        string[] names = [.. Directory.GetFiles(In(left)).Select(path => Path.GetFileName(path)!).Order()];
        Assert.Equal(names, Directory.GetFiles(In(right)).Select(path => Path.GetFileName(path)!).Order());
        Assert.All(names, name => Assert.Equal(
            File.ReadAllBytes(Path.Combine(In(left), name)), File.ReadAllBytes(Path.Combine(In(right), name))));
    }

    private sealed class CountingProgress(Action onEncoded) : IProgress<PrepareProgress>
    {
        public void Report(PrepareProgress value)
        {
            if (value.Stage == "encoding")
            {
                onEncoded();
            }
        }
    }
}
