using System.Globalization;
using System.Text;
using Inheritune.Engine.Data;
using Inheritune.Engine.Tokenizers;

namespace Inheritune.Bench;

/// <summary>
/// Times encoding (UTF-8 in, ids out, one thread) beside peers of the npm registry on the same text: the first
/// half of the documents fills the caches, the second half, not seen before, is timed. Time is processor time of
/// the whole process, which other work on the machine disturbs little.
/// </summary>
internal static class TokenizerBench
{
    private const int DocumentBytes = 4096;

    public static int Run(string[] arguments)
    {
        var options = new BenchArguments(arguments, "text", "tokenizer", "mb", "rounds", "no-peer!");
        var rounds = options.Number("rounds", 3);
        List<byte[]> documents = Read(options.Text("text", ""), options.Number("mb", 20) * 1_000_000L);
        Console.WriteLine(
            $"{documents.Count} documents, {documents.Sum(d => (long)d.Length) / 1e6:F1} MB; one thread, best and "
            + $"median of {rounds}; MB = 10^6 bytes per second of processor time");
        if (options.Text("tokenizer", "") is { Length: > 0 } path)
        {
            Measure(Path.GetFileName(path), () => Open(path), documents, rounds, []);
            return 0;
        }

        using TokenizerPeer? peer = options.Has("no-peer") ? null : TokenizerPeer.Start(documents);
        if (peer is null)
        {
            Console.WriteLine("Peers and their vocabularies are not used: a vocabulary trained on the text instead.");
            ByteLevelBpe trained = BpeTrainer.Train(
                documents.Take(documents.Count / 4).Select(Encoding.UTF8.GetString),
                new BpeTrainerOptions { VocabSize = 8192 });
            Measure("trained, 8192 ids", () => new ByteLevelBpe(trained.Definition), documents, rounds, []);
            return 0;
        }

        foreach (var encoding in (string[])["r50k_base", "cl100k_base"])
        {
            var ranks = peer.WriteRanks(encoding);
            Measure(encoding, () => TokenizerFolder.LoadRanks(ranks), documents, rounds, peer.Measure(encoding, rounds));
        }

        return 0;
    }

    private static void Measure(
        string name, Func<TextTokenizer> open, List<byte[]> documents, int rounds, List<TokenizerRate> peers)
    {
        var half = documents.Count / 2;
        var bytes = documents.Skip(half).Sum(d => (long)d.Length);
        var (unseen, again) = (new List<double>(), new List<double>());
        var ids = new List<int>();
        uint hash = 0;
        long count = 0;
        for (var round = 0; round < rounds; round++)
        {
            TextTokenizer tokenizer = open();
            Encode(tokenizer, documents, 0, half, ids);
            unseen.Add(bytes / 1e6 / Encode(tokenizer, documents, half, documents.Count, ids));
            again.Add(bytes / 1e6 / Encode(tokenizer, documents, half, documents.Count, ids));
            if (round == 0)
            {
                (hash, count) = HashOf(tokenizer, documents);
            }
        }

        Console.WriteLine($"{name}: {count} ids, {documents.Sum(d => (long)d.Length) / (double)count:F2} bytes per id");
        Print("inheritune, unseen text", unseen, null, "");
        Print("inheritune, the same text again", again, null, "");
        foreach (TokenizerRate peer in peers)
        {
            var note = peer.Error ?? (peer.Hash == hash && peer.Count == count ? "same ids" : "OTHER IDS");
            Print(peer.Name, peer.Rates, Median(unseen), note);
        }
    }

    private static double Encode(TextTokenizer tokenizer, List<byte[]> documents, int from, int to, List<int> ids)
    {
        TimeSpan start = Environment.CpuUsage.TotalTime;
        for (var i = from; i < to; i++)
        {
            ids.Clear();
            tokenizer.EncodeUtf8(documents[i], ids);
        }

        return (Environment.CpuUsage.TotalTime - start).TotalSeconds;
    }

    private static (uint Hash, long Count) HashOf(TextTokenizer tokenizer, List<byte[]> documents)
    {
        uint hash = 0;
        long count = 0;
        var ids = new List<int>();
        foreach (var document in documents)
        {
            ids.Clear();
            tokenizer.EncodeUtf8(document, ids);
            ids.ForEach(id => hash = unchecked((hash * 31) + (uint)id));
            count += ids.Count;
        }

        return (hash, count);
    }

    private static void Print(string name, List<double> rates, double? ours, string note)
    {
        if (rates.Count == 0)
        {
            Console.WriteLine($"  {name,-32} not measured: {note}");
            return;
        }

        var ratio = ours is { } rate ? $"  inheritune is {rate / Median(rates):F1} times as fast, {note}" : "";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {name,-32} {rates.Max(),7:F1} {Median(rates),7:F1} MB/s{ratio}"));
    }

    private static double Median(List<double> rates) => rates.Order().ElementAt(rates.Count / 2);

    private static TextTokenizer Open(string path) =>
        Directory.Exists(path) ? TokenizerFolder.Load(path) : TokenizerFolder.LoadFile(path);

    private static List<byte[]> Read(string path, long maxBytes)
    {
        var documents = new List<byte[]>();
        foreach (var text in path.Length > 0 ? Pieces(File.ReadAllText(path)) : SdkDocumentation.Documents())
        {
            var document = Encoding.UTF8.GetBytes(text.Replace('\0', ' '));
            maxBytes -= document.Length;
            documents.Add(document);
            if (maxBytes <= 0)
            {
                break;
            }
        }

        return documents;
    }

    /// <summary>Cuts a text into documents at ends of lines.</summary>
    private static IEnumerable<string> Pieces(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var lineEnd = start + DocumentBytes < text.Length ? text.IndexOf('\n', start + DocumentBytes) : -1;
            var end = lineEnd < 0 ? text.Length : lineEnd + 1;
            yield return text[start..end];
            start = end;
        }
    }
}
