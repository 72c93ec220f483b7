namespace Inheritune.Engine.Tokenizers;

/// <summary>The checks that every vocabulary read from JSON must pass.</summary>
internal static class TokenIds
{
    /// <summary>One more than the largest id.</summary>
    /// <exception cref="TokenizerException">The ids are so far apart that the file must be damaged.</exception>
    public static int Size(IEnumerable<int> ids)
    {
        int count = 0;
        int largest = -1;
        foreach (int id in ids)
        {
            count++;
            largest = Math.Max(largest, id);
        }
        long limit = (1L << 20) + (4L * count);
        return largest < limit
            ? largest + 1
            : throw new TokenizerException(
                $"Tokenizer: vocabulary: expected ids below {limit} for {count} entries, got {largest}. "
                + "Get the file again.");
    }

    public static void SetOnce(string?[] tokens, int id, string token)
    {
        if (tokens[id] is { } other)
        {
            throw new TokenizerException(
                $"Tokenizer: vocabulary: expected unique ids, got {id} for both \"{other}\" and \"{token}\". "
                + "Get the file again.");
        }
        tokens[id] = token;
    }

    public static void AddMerge(
        PairTable pairs, IReadOnlyDictionary<string, int> ids, int rank, (string Left, string Right) merge,
        bool ranksByResult = false)
    {
        string place = $"merge {rank} (\"{merge.Left}\" \"{merge.Right}\")";
        int left = Require(ids, merge.Left, place);
        int right = Require(ids, merge.Right, place);
        int result = Require(ids, merge.Left + merge.Right, place);
        if (!pairs.TryAdd(left, right, ranksByResult ? result : rank, result))
        {
            throw new TokenizerException(
                $"Tokenizer: {place}: expected each pair once, got it twice. Get the file again.");
        }
    }

    public static int Require(IReadOnlyDictionary<string, int> ids, string token, string place) =>
        ids.TryGetValue(token, out int id)
            ? id
            : throw new TokenizerException(
                $"Tokenizer: {place}: expected \"{token}\" in the vocabulary, got no such entry. "
                + "The files do not belong together. Get vocabulary and merges from the same place.");
}
