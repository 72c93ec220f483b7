namespace Inheritune.Tests.Runs;

/// <summary>Output of a command that asks it to stop once so many lines were written.</summary>
internal sealed class StoppingWriter(CancellationTokenSource stop, int lines) : StringWriter
{
    private readonly Lock _gate = new();
    private int _written;

    public override void WriteLine(string? value)
    {
        lock (_gate)
        {
            base.WriteLine(value);
            if (++_written == lines)
            {
                stop.Cancel();
            }
        }
    }
}
