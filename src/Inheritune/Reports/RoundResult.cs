namespace Inheritune.Reports;

/// <summary>A round and its decision.</summary>
internal sealed record RoundResult
{
    /// <summary>From 1.</summary>
    public int Number { get; init; }

    /// <summary>The child.</summary>
    public string Model { get; init; } = "";

    /// <summary>Blocks of the child.</summary>
    public int Layers { get; init; }

    /// <summary>Where its blocks come from.</summary>
    public string Origin { get; init; } = "";

    /// <summary>"Matched" or "Grow".</summary>
    public string Verdict { get; init; } = "";

    /// <summary>Further than two standard errors from the tolerance.</summary>
    public bool IsClear { get; init; }

    /// <summary>child − reference, nats.</summary>
    public double Difference { get; init; }

    /// <summary>Its standard error.</summary>
    public double StandardError { get; init; }

    /// <summary>Batches or evaluations compared.</summary>
    public int Batches { get; init; }

    /// <summary>The decision in words.</summary>
    public string Text { get; init; } = "";
}
