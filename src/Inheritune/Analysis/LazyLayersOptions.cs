namespace Inheritune.Analysis;

/// <summary>What the lazy-layer analysis computes.</summary>
internal sealed record LazyLayersOptions
{
    /// <summary>Levels τ of the rank and η of the mass, each in 0..1; at most 16.</summary>
    public IReadOnlyList<double> Levels { get; init; } = [0.8, 0.9, 0.95];

    /// <summary>The level by which layers are judged; one of <see cref="Levels"/>.</summary>
    public double VerdictLevel { get; init; } = 0.9;

    /// <summary>
    /// A layer is lazy if its largest rank is at most 1 plus this. One sequence of 100 with rank 2 gives
    /// 1.01.
    /// </summary>
    public double Tolerance { get; init; }

    /// <summary>
    /// Analyse the causal matrices the model uses; false: matrices of the same queries and keys without the
    /// mask. The forward pass is causal either way.
    /// </summary>
    public bool Causal { get; init; } = true;

    /// <summary>Also the rank of the mean matrix over all sequences.</summary>
    public bool BatchMean { get; init; }

    /// <summary>Also the gradient norms of W_q and W_k.</summary>
    public bool Gradients { get; init; } = true;

    /// <summary>Sequences in one pass; fewer if their matrices would be large.</summary>
    public int Batch { get; init; } = 8;
}
