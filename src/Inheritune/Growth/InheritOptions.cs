namespace Inheritune.Growth;

/// <summary>What a child takes over from a reference.</summary>
internal sealed record InheritOptions
{
    /// <summary>Correct, or as in the published scripts.</summary>
    public InheritMode Mode { get; init; } = InheritMode.Correct;

    /// <summary>Parts of each block.</summary>
    public BlockParts Parts { get; init; } = BlockParts.All;

    /// <summary>Take over the token table; with a tied head also the head.</summary>
    public bool TokenEmbedding { get; init; } = true;

    /// <summary>Take over the position table.</summary>
    public bool PositionEmbedding { get; init; } = true;

    /// <summary>Take over the final norm.</summary>
    public bool FinalNorm { get; init; } = true;

    /// <summary>Take over an untied head.</summary>
    public bool Head { get; init; } = true;

    /// <summary>What happens to the attention scale of a block that moves.</summary>
    public AttentionScaleCompensation Compensation { get; init; } = AttentionScaleCompensation.Scale;

    /// <summary>Blocks only: everything outside them starts fresh.</summary>
    public static InheritOptions BlocksOnly { get; } = new()
    {
        TokenEmbedding = false,
        PositionEmbedding = false,
        FinalNorm = false,
        Head = false,
    };
}
