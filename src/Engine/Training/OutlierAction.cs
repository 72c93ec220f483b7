namespace Inheritune.Engine.Training;

/// <summary>What to do about a step whose loss is an outlier or is not finite.</summary>
public enum OutlierAction
{
    /// <summary>
    /// Stop with an error. The update has been made; the last checkpoint is from before it.
    /// </summary>
    Stop,

    /// <summary>
    /// Leave the update out and go on with the next batch. Each step then waits once before its update.
    /// </summary>
    Skip,
}
