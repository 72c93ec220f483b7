using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Byte-level BPE without tokenizer.json: vocab.json and merges.txt, or GPT-2's merge list alone.
/// </summary>
internal static class Gpt2Files
{
    /// <summary>
    /// GPT-2 from its merge list: ids 0 to 255 are the bytes in the order of their stand-in characters,
    /// then one id per merge, then the end of text.
    /// </summary>
    public static BpeDefinition ReadMergeList(string path)
    {
        List<(string Left, string Right)> merges = MergeLines.Read(path);
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (byte value in ByteAlphabet.BytesInOrder)
        {
            vocabulary.Add(ByteAlphabet.ToChar(value).ToString(), vocabulary.Count);
        }
        foreach ((string left, string right) in merges)
        {
            vocabulary.TryAdd(left + right, vocabulary.Count);
        }
        int endOfText = vocabulary.Count;
        vocabulary.Add(SpecialNames.EndOfText, endOfText);
        return new BpeDefinition
        {
            Vocabulary = vocabulary,
            Merges = merges,
            AddedTokens = [new AddedToken(endOfText, SpecialNames.EndOfText)],
            EndOfText = endOfText,
        };
    }

    /// <exception cref="TokenizerException">
    /// A file is damaged, or a named special token has no id.
    /// </exception>
    public static BpeDefinition ReadVocabularyAndMerges(string folder)
    {
        string vocabularyPath = Path.Combine(folder, "vocab.json");
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string token, JsonElement id) in
            JsonMembers.Members(JsonMembers.Read(vocabularyPath), vocabularyPath))
        {
            vocabulary.Add(token, JsonMembers.AsId(id, $"{vocabularyPath}: {token}"));
        }
        SpecialTokenNames names = SpecialTokenNames.Read(folder);
        SortedDictionary<int, AddedToken> added = ReadAddedTokens(folder, vocabulary, names);
        bool isOpt = IsOpt(vocabulary);
        string? front = names.AddsBegin == true || isOpt ? names.Begin ?? (isOpt ? "</s>" : null) : null;
        return new BpeDefinition
        {
            Vocabulary = vocabulary,
            Merges = MergeLines.Read(Path.Combine(folder, "merges.txt")),
            AddedTokens = [.. added.Values],
            AddsPrefixSpace = names.AddsPrefixSpace,
            Front = front is null ? [] : [IdOf(front)],
            Back = names.AddsEnd == true && names.End is not null ? [IdOf(names.End)] : [],
        };

        int IdOf(string token) => vocabulary.TryGetValue(token, out int id)
            ? id
            : added.Values.FirstOrDefault(entry => entry.Content == token)?.Id
                ?? throw new TokenizerException(
                    $"{folder}: special token \"{token}\": expected it in the vocabulary, got no "
                    + $"such entry.");
    }

    private static SortedDictionary<int, AddedToken> ReadAddedTokens(
        string folder, Dictionary<string, int> vocabulary, SpecialTokenNames names)
    {
        var added = new SortedDictionary<int, AddedToken>();
        foreach (AddedToken token in names.Added)
        {
            added[token.Id] = token;
        }
        string oldPath = Path.Combine(folder, "added_tokens.json");
        if (File.Exists(oldPath))
        {
            foreach ((string content, JsonElement value) in
                JsonMembers.Members(JsonMembers.Read(oldPath), oldPath))
            {
                int id = JsonMembers.AsId(value, oldPath);
                added.TryAdd(id, new AddedToken(id, content, IsSpecial: false, IsNormalized: true));
            }
        }
        string?[] named = [names.Begin, names.End, names.Unknown, names.Pad, SpecialNames.EndOfText];
        named = IsOpt(vocabulary) ? [.. named, "</s>", "<pad>"] : named;
        foreach (string? name in named)
        {
            if (name is not null && vocabulary.TryGetValue(name, out int id))
            {
                added.TryAdd(id, new AddedToken(id, name));
            }
        }
        return added;
    }

    /// <summary>
    /// OPT's dictionary is RoBERTa's; its models expect the end token in front, said or not.
    /// </summary>
    private static bool IsOpt(Dictionary<string, int> vocabulary) =>
        vocabulary.Count == 50265
        && vocabulary.GetValueOrDefault("<s>", -1) == 0
        && vocabulary.GetValueOrDefault("<pad>", -1) == 1
        && vocabulary.GetValueOrDefault("</s>", -1) == 2;
}
