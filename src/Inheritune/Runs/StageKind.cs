namespace Inheritune.Runs;

/// <summary>What a stage of a run does.</summary>
internal enum StageKind
{
    /// <summary>Text to shards.</summary>
    Data,

    /// <summary>Train the reference.</summary>
    Reference,

    /// <summary>Find lazy layers of a trained model.</summary>
    Analyze,

    /// <summary>Make a child and train it.</summary>
    Child,

    /// <summary>Compare the child with the reference.</summary>
    Decide,

    /// <summary>Train from random weights.</summary>
    Baseline,

    /// <summary>Score every model on the batches kept for the end.</summary>
    Evaluate,

    /// <summary>Let every model write.</summary>
    Sample,
}
