using System.Diagnostics;
using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;

namespace Inheritune.Terminal;

/// <summary>Shows how far a conversion has come: one line that is rewritten, or a line per stage when piped.</summary>
internal sealed class ConvertView(Session session)
{
    private readonly Stopwatch _since = Stopwatch.StartNew();
    private string _stage = "";

    /// <summary>Takes a report.</summary>
    public void Report(ConvertProgress value)
    {
        var isNew = value.Stage != _stage;
        if (!isNew && (!session.IsTerminal || _since.ElapsedMilliseconds < 200))
        {
            return;
        }

        _stage = value.Stage;
        _since.Restart();
        if (session.IsTerminal)
        {
            var percent = 100 * value.Elements / Math.Max(1, value.TotalElements);
            session.Out.Write($"\r{value.Stage} {percent} %        ");
        }
        else
        {
            session.Out.WriteLine(value.Stage);
        }
    }

    /// <summary>Ends the line.</summary>
    public void Finish()
    {
        if (session.IsTerminal)
        {
            session.Out.Write("\r                    \r");
        }
    }
}
