namespace Inheritune.Engine.Tokenizers;

/// <summary>How a text becomes ids.</summary>
/// <param name="AddTemplate">Whether the tokenizer's front and back tokens are added.</param>
/// <param name="Special">Which special tokens are recognised in the text.</param>
public sealed record EncodeOptions(bool AddTemplate, SpecialTokens Special)
{
    /// <summary>
    /// What a tokenizer file does by default: template added, all special tokens recognised.
    /// </summary>
    public static EncodeOptions Prompt { get; } = new(true, SpecialTokens.All);

    /// <summary>Ordinary text: nothing is added and nothing in the text is a control token.</summary>
    public static EncodeOptions PlainText { get; } = new(false, SpecialTokens.None);
}
