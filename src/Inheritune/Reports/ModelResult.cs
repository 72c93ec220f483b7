namespace Inheritune.Reports;

/// <summary>One trained model.</summary>
internal sealed record ModelResult
{
    /// <summary>"reference", "child-1", "random", "random-2x".</summary>
    public string Name { get; init; } = "";

    /// <summary>"reference", "child" or "baseline".</summary>
    public string Role { get; init; } = "";

    /// <summary>Where its first weights come from.</summary>
    public string Origin { get; init; } = "";

    /// <summary>L.</summary>
    public int Layers { get; init; }

    /// <summary>Parameters, tied ones once.</summary>
    public long Parameters { get; init; }

    /// <summary>Steps trained.</summary>
    public long Steps { get; init; }

    /// <summary>Tokens trained on.</summary>
    public long Tokens { get; init; }

    /// <summary>Wall time of its steps.</summary>
    public double Seconds { get; init; }

    /// <summary>Losses of training steps.</summary>
    public List<CurvePoint> Train { get; init; } = [];

    /// <summary>Validation losses while training; the first one is before the first step.</summary>
    public List<CurvePoint> Validation { get; init; } = [];

    /// <summary>Losses of the final batches, one per batch, the same batches for every model.</summary>
    public List<double> FinalLosses { get; set; } = [];
}
