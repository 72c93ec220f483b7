namespace Inheritune.Reports;

/// <summary>Where a run ran.</summary>
internal sealed record MachineResult
{
    /// <summary>Device and why it was chosen.</summary>
    public string Device { get; init; } = "";

    /// <summary>Operating system.</summary>
    public string System { get; init; } = "";

    /// <summary>.NET version.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>Version of this program.</summary>
    public string Version { get; init; } = "";

    /// <summary>Processor cores.</summary>
    public int Cores { get; init; }

    /// <summary>Memory in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Day of the run's start, UTC.</summary>
    public string Started { get; init; } = "";
}
