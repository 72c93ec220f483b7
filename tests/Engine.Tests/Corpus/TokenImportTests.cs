using System.Runtime.InteropServices;
using Engine.Tests.Tokenizers;
using Inheritune.Engine.Data;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Corpora;

/// <summary>Token files of other programs as a prepared corpus.</summary>
public sealed class TokenImportTests : IDisposable
{
    private const int End = 256;

    private readonly TemporaryFolder _folder = new();
    private readonly List<int[]> _documents = [];

    public TokenImportTests()
    {
        var random = new Random(3);
        for (int i = 0; i < 60; i++)
        {
            _documents.Add([.. Enumerable.Range(0, random.Next(1, 400)).Select(_ => random.Next(256))]);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llmc", TokenFileKind.Llmc, false)]
    [InlineData("llmq", TokenFileKind.Llmc, false)]
    [InlineData("nanogpt", TokenFileKind.NanoGpt, true)]
    [InlineData("raw32", TokenFileKind.RawUInt32, true)]
    public void Prepare_TokenFile_KeepsEveryDocumentOnce(string layout, TokenFileKind kind, bool isBehind)
    {
        Write("all.bin", layout, isBehind, _documents);
        PreparedCorpus prepared = CorpusPreparer.Prepare(Options("all.bin", kind));
        Assert.InRange(prepared.ValidationDocuments, 1, 20);
        Assert.Equal(60, prepared.TrainDocuments + prepared.ValidationDocuments);
        Assert.Equal(_documents.Sum(d => (long)d.Length), prepared.TextBytes);
        List<int[]> train = Documents(prepared.TrainShards, isBehind);
        List<int[]> held = Documents(prepared.ValidationShards, isBehind);
        var texts = held.Select(d => string.Join(' ', d)).ToHashSet();
        Assert.Equal(_documents.Where(d => !texts.Contains(string.Join(' ', d))), train);
        Assert.Equal(_documents.Where(d => texts.Contains(string.Join(' ', d))), held);
        Assert.True(CorpusPreparer.Prepare(Options("all.bin", kind)).IsReused);
    }

    [Fact]
    public void Prepare_FolderWithAValidationFile_TakesItAsItIs()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "shards"));
        Write("shards/x_train_000001.bin", "llmc", false, _documents[5..30]);
        Write("shards/x_train_000002.bin", "llmc", false, _documents[30..]);
        Write("shards/x_val_000000.bin", "llmc", false, _documents[..5]);
        foreach (string path in (string[])["shards", "shards/*.bin"])
        {
            PreparedCorpus prepared = CorpusPreparer.Prepare(Options(path, TokenFileKind.Llmc));
            Assert.Equal(_documents[5..], Documents(prepared.TrainShards, false));
            Assert.Equal(_documents[..5], Documents(prepared.ValidationShards, false));
        }
    }

    [Fact]
    public void Prepare_FewDocuments_KeepsTheEnd()
    {
        Write("few.bin", "llmc", false, _documents[..3]);
        PreparedCorpus prepared = CorpusPreparer.Prepare(Options("few.bin", TokenFileKind.Llmc));
        long total = _documents[..3].Sum(d => d.Length + 1);
        Assert.Equal(total, prepared.TrainTokens + prepared.ValidationTokens);
        Assert.Equal(total - (long)(total * 0.9), prepared.ValidationTokens);
    }

    [Fact]
    public void Prepare_TokensWithoutTokenizerOrMixedWithText_IsRefused()
    {
        Write("all.bin", "llmc", false, _documents);
        var fault = Assert.Throws<CorpusException>(
            () => CorpusPreparer.Prepare(Options("all.bin", TokenFileKind.Llmc) with { Tokenizer = null }));
        Assert.Contains("--tokenizer", fault.Message, StringComparison.Ordinal);
        string text = Path.Combine(_folder.Path, "a.txt");
        File.WriteAllText(text, "text");
        PrepareOptions options = Options("all.bin", TokenFileKind.Llmc);
        fault = Assert.Throws<CorpusException>(() => CorpusPreparer.Prepare(
            options with { Corpus = options.Corpus with { Paths = [.. options.Corpus.Paths, text] } }));
        Assert.Equal("kind", fault.Reason);
    }

    [Fact]
    public void Open_DamagedLlmqFile_IsRefused()
    {
        Write("q.bin", "llmq", false, _documents);
        string path = Path.Combine(_folder.Path, "q.bin");
        byte[] good = File.ReadAllBytes(path);
        foreach ((int at, string text) in ((int, string)[])[(8, "version"), (12, "bytes"), (16, "size"), (24, "size")])
        {
            byte[] bytes = [.. good];
            bytes[at] += 7;
            File.WriteAllBytes(path, bytes);
            var fault = Assert.Throws<TokenFileException>(() => TokenShard.Open(path, 65536).Dispose());
            Assert.Contains(text, fault.Message, StringComparison.Ordinal);
        }
    }

    private void Write(string name, string layout, bool isBehind, List<int[]> documents)
    {
        int[] ids = [.. documents.SelectMany(d => isBehind ? [.. d, End] : (int[])[End, .. d])];
        string path = Path.Combine(_folder.Path, name);
        var header = new byte[1024];
        switch (layout)
        {
            case "llmc":
                TokenShardWriter.Write(path, 257, ids);
                return;
            case "llmq":
                "BIN.TOK\n"u8.CopyTo(header);
                int[] slots = [1, 4, ids.Length, 0, 0];
                MemoryMarshal.AsBytes(slots.AsSpan()).CopyTo(header.AsSpan(8));
                File.WriteAllBytes(path, [.. header, .. MemoryMarshal.AsBytes(ids.AsSpan())]);
                return;
            case "nanogpt":
                ushort[] narrow = [.. ids.Select(id => (ushort)id)];
                File.WriteAllBytes(path, MemoryMarshal.AsBytes(narrow.AsSpan()).ToArray());
                return;
            default:
                File.WriteAllBytes(path, MemoryMarshal.AsBytes(ids.AsSpan()).ToArray());
                return;
        }
    }

    private PrepareOptions Options(string path, TokenFileKind kind) => new()
    {
        Corpus = new CorpusOptions { Paths = [Path.Combine(_folder.Path, path)], TokenKind = kind },
        OutputFolder = Path.Combine(_folder.Path, "out-" + path.Replace('/', '-').Replace('*', 'x')),
        Tokenizer = new ByteTokenizer(),
        ValidationFraction = 0.1,
        ShardTokens = 4000,
    };

    private static List<int[]> Documents(IEnumerable<string> shards, bool isBehind)
    {
        var ids = new List<int>();
        foreach (string path in shards)
        {
            using TokenShard shard = TokenShard.Open(path, 257);
            var part = new int[shard.Count];
            shard.Read(0, part);
            ids.AddRange(part);
        }
        var documents = new List<int[]>();
        int start = 0;
        for (int i = 0; i < ids.Count; i++)
        {
            if (ids[i] == End && (isBehind || i > 0))
            {
                documents.Add([.. ids[start..i].Where(id => id != End)]);
                start = i;
            }
        }
        if (!isBehind)
        {
            documents.Add([.. ids[start..].Where(id => id != End)]);
        }
        return documents;
    }
}
