namespace Inheritune.Cli;

/// <summary>Where a command writes, and how it is asked to stop.</summary>
/// <param name="Out">Results and progress.</param>
/// <param name="Notes">Remarks that are no result: kept out of pipes.</param>
/// <param name="IsTerminal">A person watches: progress bars and colours.</param>
/// <param name="Stop">Set by Ctrl-C and SIGTERM: finish the step, save, say how to go on.</param>
internal sealed record Session(TextWriter Out, TextWriter Notes, bool IsTerminal, CancellationToken Stop)
{
    /// <summary>Throws if the user asked to stop.</summary>
    /// <exception cref="StoppedException">The user asked to stop.</exception>
    public void ThrowIfStopped()
    {
        if (Stop.IsCancellationRequested)
        {
            throw new StoppedException("stopped; run the same command to go on");
        }
    }
}
