namespace Inheritune.Growth;

/// <summary>Where everything outside the blocks comes from.</summary>
/// <param name="TokenEmbedding">Token table; with a tied head also the head.</param>
/// <param name="PositionEmbedding">Position table, where there is one.</param>
/// <param name="FinalNorm">Norm after the last block.</param>
/// <param name="Head">Untied head.</param>
internal sealed record OutsideParts(
    ModelSource TokenEmbedding, ModelSource PositionEmbedding, ModelSource FinalNorm, ModelSource Head)
{
    /// <summary>Everything from one model.</summary>
    public static OutsideParts From(ModelSource source) => new(source, source, source, source);
}
