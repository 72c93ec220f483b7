namespace Inheritune.Growth;

/// <summary>What is inherited outside the blocks (arXiv 2404.08634).</summary>
internal enum InheritMode
{
    /// <summary>Everything.</summary>
    Correct,

    /// <summary>
    /// What the published scripts do: position table and final norm start fresh, and an untied token table is
    /// drawn from N(0, 1).
    /// </summary>
    OfficialCompat,
}
