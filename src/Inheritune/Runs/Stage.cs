namespace Inheritune.Runs;

/// <summary>
/// A named stage of a run. A stage is done whole or not at all; training inside one goes on step by step.
/// </summary>
/// <param name="Name">Unique in the run, recorded when done.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Model">The model it is about, or "".</param>
/// <param name="Layers">Blocks of that model.</param>
/// <param name="Steps">Steps of a training, else 0.</param>
/// <param name="Round">The round of a child, else null.</param>
internal sealed record Stage(string Name, StageKind Kind, string Model, int Layers, long Steps, Round? Round)
{
    /// <summary>Whether the stage trains a model.</summary>
    public bool Trains => Kind is StageKind.Reference or StageKind.Child or StageKind.Baseline;
}
