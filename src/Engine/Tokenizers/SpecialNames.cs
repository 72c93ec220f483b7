namespace Inheritune.Engine.Tokenizers;

/// <summary>Texts of control tokens with a known meaning.</summary>
internal static class SpecialNames
{
    public const string EndOfText = "<|endoftext|>";

    /// <summary>What vocabularies call the end of a text, most specific first.</summary>
    public static IReadOnlyList<string> EndsOfText { get; } = ["<|end_of_text|>", EndOfText, "</s>"];

    /// <summary>The special token that ends a text, by its usual names.</summary>
    public static int? EndOfTextIn(IReadOnlyList<AddedToken> added) => EndsOfText
        .Select(name => added.FirstOrDefault(token => token.IsSpecial && token.Content == name)?.Id)
        .FirstOrDefault(id => id is not null);
}
