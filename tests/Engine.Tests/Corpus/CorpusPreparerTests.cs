using System.Security.Cryptography;
using System.Text;
using Engine.Tests.Tokenizers;
using Inheritune.Engine.Data;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Corpora;

public sealed class CorpusPreparerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _documents = [];

    public CorpusPreparerTests()
    {
        string[] words =
            ["the", "growth", "of", "layers", "copies", "weights", "attention", "model", "learns", "é😀"];
        var random = new Random(7);
        var lines = new StringBuilder();
        for (int i = 0; i < 200; i++)
        {
            string text = string.Join(
                ' ', Enumerable.Range(0, 40).Select(_ => words[random.Next(words.Length)])) + $" {i}";
            _documents.Add(text);
            lines.Append(System.Text.Json.JsonSerializer.Serialize(new { text })).Append('\n');
        }
        lines.Append("{\"text\":null}\n{\"text\":\"\"}\n");
        File.WriteAllText(Data, lines.ToString());
    }

    private string Data => Path.Combine(_folder.Path, "data.jsonl");

    private string Output => Path.Combine(_folder.Path, "out");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Prepare_Documents_WritesEndOfTextInFrontOfEach()
    {
        PreparedCorpus prepared = CorpusPreparer.Prepare(Options());
        TextTokenizer tokenizer = TokenizerFolder.Load(prepared.Folder);
        List<string> train = Documents(prepared.TrainShards, tokenizer);
        List<string> validation = Documents(prepared.ValidationShards, tokenizer);
        Assert.Equal(prepared.TrainDocuments, train.Count);
        Assert.Equal(prepared.ValidationDocuments, validation.Count);
        Assert.InRange(validation.Count, 5, 50);
        // Both parts keep the order of the corpus and together are all of it.
        HashSet<string> held = [.. validation];
        Assert.Equal(_documents.Where(document => !held.Contains(document)), train);
        Assert.Equal(_documents.Where(held.Contains), validation);
        Assert.Equal(2, prepared.DroppedDocuments);
        Assert.Equal(_documents.Sum(d => Encoding.UTF8.GetByteCount(d)), prepared.TextBytes);
    }

    [Fact]
    public void Prepare_ThreadCounts_GiveTheSameFiles()
    {
        PreparedCorpus one = CorpusPreparer.Prepare(Options() with { ThreadCount = 1 });
        string[] expected = Hashes(one.Folder);
        PreparedCorpus many = CorpusPreparer.Prepare(
            Options() with { ThreadCount = 8, OutputFolder = Path.Combine(_folder.Path, "many") });
        Assert.Equal(expected, Hashes(many.Folder));
    }

    [Fact]
    public void Prepare_SameAgain_IsReusedUntilSomethingChanges()
    {
        Assert.False(CorpusPreparer.Prepare(Options()).IsReused);
        Assert.True(CorpusPreparer.Prepare(Options()).IsReused);
        PreparedCorpus other = CorpusPreparer.Prepare(Options() with { VocabSize = 300 });
        Assert.False(other.IsReused);
        Assert.Contains("changed", other.Note, StringComparison.Ordinal);
        Assert.Equal(300, other.VocabSize);
        File.AppendAllText(Data, "{\"text\":\"one more\"}\n");
        Assert.False(CorpusPreparer.Prepare(Options() with { VocabSize = 300 }).IsReused);
    }

    [Fact]
    public void Prepare_DamagedShard_IsNamedByOpenAndPreparedAnew()
    {
        PreparedCorpus prepared = CorpusPreparer.Prepare(Options());
        byte[] bytes = File.ReadAllBytes(prepared.TrainShards[0]);
        bytes[^1] ^= 1;
        File.WriteAllBytes(prepared.TrainShards[0], bytes);
        var fault = Assert.Throws<CorpusException>(() => CorpusPreparer.Open(Output));
        Assert.Contains("checksum", fault.Message, StringComparison.Ordinal);
        PreparedCorpus again = CorpusPreparer.Prepare(Options());
        Assert.False(again.IsReused);
        Assert.Contains("checksum", again.Note, StringComparison.Ordinal);
        PreparedCorpus opened = CorpusPreparer.Open(Output);
        Assert.Equal(again.TrainTokens, opened.TrainTokens);
        File.WriteAllText(Path.Combine(Output, "manifest.json"), "{\"kind\":");
        Assert.Equal("manifest", Assert.Throws<CorpusException>(() => CorpusPreparer.Open(Output)).Reason);
        File.Delete(Path.Combine(Output, "manifest.json"));
        Assert.Equal("missing", Assert.Throws<CorpusException>(() => CorpusPreparer.Open(Output)).Reason);
    }

    [Fact]
    public void Prepare_SmallShards_WritesSeveralInOrder()
    {
        PreparedCorpus whole = CorpusPreparer.Prepare(Options());
        PreparedCorpus cut = CorpusPreparer.Prepare(
            Options() with { ShardTokens = 1000, OutputFolder = Path.Combine(_folder.Path, "cut") });
        Assert.True(cut.TrainShards.Count > 2);
        Assert.Equal(Tokens(whole.TrainShards, whole.VocabSize), Tokens(cut.TrainShards, cut.VocabSize));
    }

    [Fact]
    public void Prepare_OneTextFile_KeepsItsEndForValidation()
    {
        string path = Path.Combine(_folder.Path, "one.txt");
        string text = string.Join("\n", _documents);
        File.WriteAllText(path, text);
        PreparedCorpus prepared = CorpusPreparer.Prepare(
            Options() with { Corpus = new CorpusOptions { Paths = [path] }, Tokenizer = new ByteTokenizer() });
        TextTokenizer tokenizer = TokenizerFolder.Load(prepared.Folder);
        Assert.IsType<ByteTokenizer>(tokenizer);
        string train = Assert.Single(Documents(prepared.TrainShards, tokenizer));
        string validation = Assert.Single(Documents(prepared.ValidationShards, tokenizer));
        Assert.Equal(text, train + validation);
        Assert.EndsWith("\n", train, StringComparison.Ordinal);
        Assert.InRange((double)validation.Length / text.Length, 0.05, 0.1);
    }

    [Fact]
    public void Prepare_ControlTextInDocument_InjectsNoControlToken()
    {
        string path = Path.Combine(_folder.Path, "odd.jsonl");
        File.WriteAllText(path, "{\"text\":\"before<|endoftext|>after and more text\"}\n");
        PreparedCorpus prepared = CorpusPreparer.Prepare(Options() with
        {
            Corpus = new CorpusOptions { Paths = [path] },
            Tokenizer = new ByteTokenizer(),
            ValidationFraction = 0,
        });
        Assert.Empty(prepared.ValidationShards);
        Assert.Single(Tokens(prepared.TrainShards, prepared.VocabSize), id => id == 256);
    }

    [Fact]
    public void Prepare_FolderWithOtherFiles_IsRefusedAndLeftAlone()
    {
        Directory.CreateDirectory(Output);
        string precious = Path.Combine(Output, "thesis.doc");
        File.WriteAllText(precious, "years");
        var fault = Assert.Throws<CorpusException>(() => CorpusPreparer.Prepare(Options()));
        Assert.Contains("thesis.doc", fault.Message, StringComparison.Ordinal);
        Assert.Equal("years", File.ReadAllText(precious));
    }

    [Fact]
    public void Prepare_BadTextOrStop_LeavesNothing()
    {
        File.AppendAllText(Data, "{\"text\":");
        Assert.Throws<CorpusException>(() => CorpusPreparer.Prepare(Options()));
        Assert.False(Directory.Exists(Output));
        File.WriteAllText(Data, "{\"text\":\"a b c\"}\n");
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(
            () => CorpusPreparer.Prepare(Options(), null, stop.Token));
        Assert.Equal(
            ["data.jsonl"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    private PrepareOptions Options() => new()
    {
        Corpus = new CorpusOptions { Paths = [Data] },
        OutputFolder = Output,
        VocabSize = 320,
        ValidationFraction = 0.1,
    };

    private static List<int> Tokens(IEnumerable<string> shards, int vocabSize)
    {
        var tokens = new List<int>();
        foreach (string path in shards)
        {
            using TokenShard shard = TokenShard.Open(path, vocabSize);
            var ids = new int[shard.Count];
            shard.Read(0, ids);
            tokens.AddRange(ids);
        }
        return tokens;
    }

    private static List<string> Documents(IEnumerable<string> shards, TextTokenizer tokenizer)
    {
        var documents = new List<List<int>>();
        foreach (int id in Tokens(shards, tokenizer.VocabSize))
        {
            if (id == tokenizer.EndOfText)
            {
                documents.Add([]);
            }
            else
            {
                documents[^1].Add(id);
            }
        }
        return [.. documents.Select(ids => tokenizer.Decode(ids))];
    }

    private static string[] Hashes(string folder) =>
        [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)
            .Select(path => Path.GetFileName(path) + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))))];
}
