using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Rank files: a token per line, base64 of its bytes, a space, its rank. The rank is the id and the priority
/// of merging; two tokens merge when their bytes together are a token.
/// </summary>
internal static class RankFile
{
    private const int MaxBytes = 64 << 20;
    private const int MaxTokenBytes = 1024;

    /// <summary>Whether the bytes begin as such a file does.</summary>
    public static bool IsRankFile(ReadOnlySpan<byte> file)
    {
        int lineEnd = file[..Math.Min(file.Length, 4096)].IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = lineEnd < 0 ? file : file[..lineEnd];
        int space = line.IndexOf((byte)' ');
        return space > 0 && Base64.IsValid(line[..space])
            && Utf8Parser.TryParse(line[(space + 1)..], out int _, out _);
    }

    /// <exception cref="TokenizerException">
    /// The file is damaged, or it is not known how its text is cut.
    /// </exception>
    public static BpeDefinition Read(string path, PieceCut? cut, IReadOnlyList<AddedToken> added)
    {
        byte[] file = JsonMembers.ReadBytes(path, MaxBytes);
        Dictionary<string, int> ids = ReadRanks(file, path);
        RankFileKind kind = RankFileKind.Of(ids.Count);
        PieceCut itsCut = cut ?? kind.Cut ?? throw new TokenizerException(
            $"{path}: vocabulary: expected one whose way of cutting text is known (50256, 50280, 100256 or "
            + $"128000 ranks), got {ids.Count} ranks. Say how its text is cut.");
        AddedToken[] tokens =
            [.. added.Concat(kind.AddedTokens).DistinctBy(token => token.Id).OrderBy(token => token.Id)];
        return new BpeDefinition
        {
            Vocabulary = ids,
            Merges = AllSplits(ids),
            RanksByResult = true,
            IgnoresMerges = true,
            AddedTokens = tokens,
            Cut = itsCut,
            Front = kind.BeginOfText is { } begin ? [begin] : [],
            BeginOfText = kind.BeginOfText,
            EndOfText = SpecialNames.EndOfTextIn(tokens),
        };
    }

    /// <exception cref="TokenizerException">
    /// Merging by ranks would not give the same ids as the list of merges.
    /// </exception>
    public static byte[] Write(BpeDefinition definition)
    {
        if (!definition.RanksByResult)
        {
            CheckMergeOrder(definition);
        }
        HashSet<string> added = [.. definition.AddedTokens.Select(token => token.Content)];
        var text = new StringBuilder();
        foreach ((string token, int id) in definition.Vocabulary.OrderBy(entry => entry.Value))
        {
            if (!added.Contains(token) && ByteAlphabet.ToBytes(token) is { } bytes)
            {
                text.Append(Convert.ToBase64String(bytes)).Append(' ').Append(id).Append('\n');
            }
        }
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static void CheckMergeOrder(BpeDefinition definition)
    {
        int last = -1;
        for (int rank = 0; rank < definition.Merges.Count; rank++)
        {
            (string left, string right) = definition.Merges[rank];
            int id = definition.Vocabulary[left + right];
            if (id <= last)
            {
                throw new TokenizerException(
                    $"Write rank file: merge {rank} (\"{left}\" \"{right}\"): expected a new entry with an id "
                    + $"above {last}, got {id}. The ids are not in the order of the merges, so ranks cannot "
                    + "say the same. Use tokenizer.json.");
            }
            last = id;
        }
        for (int value = 0; value < 256; value++)
        {
            if (!definition.Vocabulary.ContainsKey(ByteAlphabet.ToChar((byte)value).ToString()))
            {
                throw new TokenizerException(
                    $"Write rank file: bytes: expected all 256 in the vocabulary, got none for {value:X2}. "
                    + "Use tokenizer.json.");
            }
        }
    }

    private static Dictionary<string, int> ReadRanks(ReadOnlySpan<byte> file, string path)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var isTaken = new HashSet<int>();
        Span<byte> token = stackalloc byte[MaxTokenBytes];
        int number = 0;
        while (!file.IsEmpty)
        {
            number++;
            int lineEnd = file.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = (lineEnd < 0 ? file : file[..lineEnd]).TrimEnd((byte)'\r');
            file = lineEnd < 0 ? default : file[(lineEnd + 1)..];
            if (line.IsEmpty)
            {
                continue;
            }
            int space = line.IndexOf((byte)' ');
            if (space <= 0
                || Base64.DecodeFromUtf8(line[..space], token, out int read, out int length)
                    != OperationStatus.Done
                || read != space || length == 0
                || !Utf8Parser.TryParse(line[(space + 1)..], out int id, out int digits)
                || digits != line.Length - space - 1 || id is < 0 or >= 1 << 24)
            {
                throw Wrong("base64, a space and a rank", Show(line));
            }
            if (!ids.TryAdd(ByteAlphabet.ToText(token[..length]), id) || !isTaken.Add(id))
            {
                throw Wrong("each token and each rank once", Show(line) + " again");
            }
        }
        for (int value = 0; value < 256; value++)
        {
            if (!ids.ContainsKey(ByteAlphabet.ToChar((byte)value).ToString()))
            {
                throw Wrong("all 256 single bytes", $"none for {value:X2}");
            }
        }
        TokenIds.Size(ids.Values);
        return ids;

        TokenizerException Wrong(string expected, string got) =>
            new($"{path}: line {number}: expected {expected}, got {got}. Get the file again.");
    }

    private static string Show(ReadOnlySpan<byte> line) =>
        $"\"{Encoding.Latin1.GetString(line[..Math.Min(line.Length, 60)])}\"";

    /// <summary>Every way to make an entry of two others, by the ranks of result, left and right.</summary>
    private static List<(string Left, string Right)> AllSplits(Dictionary<string, int> ids)
    {
        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var merges = new List<(string, string)>();
        var splits = new List<(int LeftId, int RightId, string Left, string Right)>();
        foreach ((string token, int _) in ids.OrderBy(entry => entry.Value))
        {
            splits.Clear();
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (lookup.TryGetValue(token.AsSpan(0, cut), out string? left, out int leftId)
                    && lookup.TryGetValue(token.AsSpan(cut), out string? right, out int rightId))
                {
                    splits.Add((leftId, rightId, left, right));
                }
            }
            splits.Sort((a, b) => (a.LeftId, a.RightId).CompareTo((b.LeftId, b.RightId)));
            merges.AddRange(splits.Select(split => (split.Left, split.Right)));
        }
        return merges;
    }
}
