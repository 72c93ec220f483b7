using System.Text.Json;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>
/// OPT: the merges of GPT-2 with the ids of another dictionary, and the end token in front of every text. The
/// dictionary is a found vocab.json or, in its absence, one that has the published ids and fillers.
/// </summary>
public sealed class GoldenOptTests
{
    private const int OptEntries = 50265;

    [Theory]
    [InlineData(null)]
    [InlineData("{\"bos_token\":\"</s>\",\"eos_token\":\"</s>\",\"add_bos_token\":true}")]
    public void Encode_PublishedText_GivesThePublishedIds(string? config)
    {
        using var folder = new TemporaryFolder();
        WriteFiles(folder.Path);
        if (config is not null)
        {
            File.WriteAllText(Path.Combine(folder.Path, "tokenizer_config.json"), config);
        }
        TextTokenizer tokenizer = TokenizerFolder.Load(folder.Path);
        foreach (JsonElement item in TextFixtures.Json("tokenizers/opt.json").GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = TextFixtures.Ids(item, "ids");
            Assert.Equal(ids, tokenizer.Encode(text));
            Assert.Equal(ids[1..], tokenizer.Encode(text, EncodeOptions.PlainText));
            Assert.Equal(text, tokenizer.Decode(ids, new DecodeOptions(SkipSpecial: true)));
        }
        Assert.Equal(2, tokenizer.EndOfText);
        Assert.Equal(OptEntries, tokenizer.VocabSize);
    }

    private static void WriteFiles(string folder)
    {
        Directory.CreateDirectory(folder);
        string merges = File.ReadAllText(TextFixtures.Require("tokenizers/gpt2-vocab.bpe"));
        File.WriteAllText(Path.Combine(folder, "merges.txt"), merges);
        string target = Path.Combine(folder, "vocab.json");
        if (TextFixtures.Find("tokenizers/opt-vocab.json") is { } whole)
        {
            File.Copy(whole, target);
            return;
        }
        var ids = new Dictionary<string, int>
        {
            ["<s>"] = 0,
            ["<pad>"] = 1,
            ["</s>"] = 2,
            ["<unk>"] = 3,
            ["A"] = 250,
            ["\u0120photo"] = 1345,
            ["\u0120of"] = 9,
            ["\u0120a"] = 10,
            ["\u0120cat"] = 4758,
        };
        IEnumerable<string> tokens = ByteAlphabet.BytesInOrder.Select(b => ByteAlphabet.ToChar(b).ToString())
            .Concat(merges.Split('\n')[1..].Where(line => line.Length > 0)
                .Select(line => line.Replace(" ", "", StringComparison.Ordinal)))
            .Concat(Enumerable.Range(0, OptEntries).Select(number => $"madeupword{number:D4}"));
        HashSet<int> taken = [.. ids.Values];
        int next = 4;
        foreach (string token in tokens)
        {
            if (ids.Count == OptEntries)
            {
                break;
            }
            while (taken.Contains(next))
            {
                next++;
            }

            if (ids.TryAdd(token, next))
            {
                taken.Add(next);
            }
        }
        using FileStream file = File.Create(target);
        using var json = new Utf8JsonWriter(file);
        json.WriteStartObject();
        foreach ((string token, int id) in ids)
        {
            json.WriteNumber(token, id);
        }
        json.WriteEndObject();
    }
}
