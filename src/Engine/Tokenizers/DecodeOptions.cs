namespace Inheritune.Engine.Tokenizers;

/// <summary>How ids become text.</summary>
/// <param name="SkipSpecial">Whether special tokens contribute nothing.</param>
/// <param name="IsStrict">Whether an id without text is an error; otherwise it contributes nothing.</param>
public sealed record DecodeOptions(bool SkipSpecial = false, bool IsStrict = false)
{
    /// <summary>Special tokens are shown; ids without text are ignored.</summary>
    public static DecodeOptions Default { get; } = new();
}
