namespace Inheritune.Runs;

/// <summary>What a decision says.</summary>
public enum StopVerdict
{
    /// <summary>Not clear yet: score twice as many batches.</summary>
    MoreBatches,

    /// <summary>The child matches the reference.</summary>
    Matched,

    /// <summary>The child is worse: grow.</summary>
    Grow,
}
