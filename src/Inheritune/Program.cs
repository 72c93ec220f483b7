using System.Runtime.InteropServices;
using Inheritune.Cli;

using var stop = new CancellationTokenSource();

void OnSignal(PosixSignalContext context)
{
    // The first signal asks for a graceful stop; the second one ends the program as usual.
    if (!stop.IsCancellationRequested)
    {
        context.Cancel = true;
        stop.Cancel();
        Console.Error.WriteLine("stopping after this step; press Ctrl-C again to stop at once");
    }
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
return Application.Run(
    args, new Session(Console.Out, Console.Error, !Console.IsOutputRedirected, stop.Token), Console.Error);
