using System.Diagnostics;
using Inheritune.Cli;
using Inheritune.Engine.Data;
using Inheritune.Reports;

namespace Inheritune.Terminal;

/// <summary>
/// Shows how far preparing a text has come: one line that is rewritten, or a line per stage when piped.
/// </summary>
internal sealed class PrepareView(Session session) : IProgress<PrepareProgress>
{
    private readonly Stopwatch _since = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private string _stage = "";

    /// <inheritdoc/>
    public void Report(PrepareProgress value)
    {
        lock (_lock)
        {
            bool isNew = value.Stage != _stage;
            if (!isNew && (!session.IsTerminal || _since.ElapsedMilliseconds < 200))
            {
                return;
            }

            if (isNew && session.IsTerminal && _stage.Length > 0)
            {
                session.Out.WriteLine();
            }

            _stage = value.Stage;
            _since.Restart();
            var line = $"text: {value.Stage}";
            if (session.IsTerminal)
            {
                session.Out.Write($"\r{line}, {Format.Count(value.Documents)} documents, "
                    + $"{Format.Bytes(value.Bytes)}        ");
            }
            else
            {
                session.Out.WriteLine(line);
            }
        }
    }
}
