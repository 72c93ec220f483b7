using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Trains byte-level BPE vocabularies: the most frequent adjacent pair becomes a token, again and again
/// (Sennrich et al., arXiv:1508.07909).
/// </summary>
/// <remarks>
/// The result depends only on how often each piece occurs: the order of the documents and the number of
/// threads do not matter. Among pairs of equal count the one with the smallest ids (left, then right) wins.
/// </remarks>
public static class BpeTrainer
{
    /// <summary>Trains a vocabulary on documents.</summary>
    /// <exception cref="TokenizerException">
    /// The vocabulary is too small for the bytes and special tokens.
    /// </exception>
    public static ByteLevelBpe Train(
        IEnumerable<string> documents, BpeTrainerOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        return Train(
            documents.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text)),
            options,
            cancellation);
    }

    /// <summary>Trains a vocabulary on documents of UTF-8.</summary>
    /// <exception cref="TokenizerException">
    /// The vocabulary is too small for the bytes and special tokens.
    /// </exception>
    public static ByteLevelBpe Train(
        IEnumerable<ReadOnlyMemory<byte>> documents, BpeTrainerOptions options,
        CancellationToken cancellation = default) => Train(documents, options, out _, cancellation);

    /// <summary>Trains a vocabulary on documents of UTF-8 and says what they were.</summary>
    /// <exception cref="TokenizerException">
    /// The vocabulary is too small for the bytes and special tokens.
    /// </exception>
    public static ByteLevelBpe Train(
        IEnumerable<ReadOnlyMemory<byte>> documents, BpeTrainerOptions options, out BpeTrainingReport report,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(options);
        var counts = new PieceCounts(options);
        counts.CountAll(documents, cancellation);
        long bytes = counts.Words.Sum(word => word.Key.Length * word.Value);
        long pieces = counts.Words.Values.Sum();
        int unique = counts.Words.Count;
        int dropped = DropRarest(counts.Words, options.MaxPieces);
        MergeSearch.Result result = new MergeSearch(counts.Words, options).Run(cancellation);
        report = new BpeTrainingReport(bytes, pieces, unique, dropped, result.Merges.Count);
        return Build(result, options);
    }

    /// <summary>Of equally rare pieces those last in the order of their bytes go first.</summary>
    private static int DropRarest(Dictionary<byte[], long> words, int most)
    {
        int surplus = most > 0 ? words.Count - most : 0;
        if (surplus <= 0)
        {
            return 0;
        }
        List<byte[]> byRarity = [.. words.Keys];
        byRarity.Sort((a, b) => words[a] != words[b]
            ? words[a].CompareTo(words[b])
            : b.AsSpan().SequenceCompareTo(a));
        foreach (byte[] word in byRarity.Take(surplus))
        {
            words.Remove(word);
        }
        return surplus;
    }

    private static ByteLevelBpe Build(MergeSearch.Result result, BpeTrainerOptions options)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        int specialCount = options.SpecialTokens.Count;
        int shift = options.SpecialTokensFirst ? specialCount : 0;
        for (int i = 0; i < result.Tokens.Count; i++)
        {
            vocabulary.Add(ByteAlphabet.ToText(result.Tokens[i]), shift + i);
        }
        int firstSpecial = options.SpecialTokensFirst ? 0 : result.Tokens.Count;
        AddedToken[] special =
            [.. options.SpecialTokens.Select((content, i) => new AddedToken(firstSpecial + i, content))];
        foreach (AddedToken token in special)
        {
            vocabulary.Add(token.Content, token.Id);
        }
        return new ByteLevelBpe(new BpeDefinition
        {
            Vocabulary = vocabulary,
            Merges = [.. result.Merges.Select(merge => (Text(merge.Left), Text(merge.Right)))],
            AddedTokens = special,
            Cut = options.Cut,
            EndOfText = special.Length > 0 ? special[0].Id : null,
        });

        string Text(int token) => ByteAlphabet.ToText(result.Tokens[token]);
    }
}
