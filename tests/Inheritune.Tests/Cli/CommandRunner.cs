using Inheritune.Cli;

namespace Inheritune.Tests.Cli;

/// <summary>Runs commands in this process and catches what they print.</summary>
internal static class CommandRunner
{
    public static (int Code, string Out, string Error) Run(params string[] args) =>
        Run(CancellationToken.None, args);

    public static (int Code, string Out, string Error) Run(CancellationToken stop, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = Application.Run(
            args, new Session(TextWriter.Synchronized(output), TextWriter.Synchronized(output), false, stop),
            error);
        return (code, output.ToString(), error.ToString());
    }
}
