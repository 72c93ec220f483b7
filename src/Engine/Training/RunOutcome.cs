namespace Inheritune.Engine.Training;

/// <summary>How a run ended.</summary>
public enum RunOutcome
{
    /// <summary>All steps are done.</summary>
    Completed,

    /// <summary>It was asked to stop, and has saved a checkpoint to go on from.</summary>
    Stopped,
}
