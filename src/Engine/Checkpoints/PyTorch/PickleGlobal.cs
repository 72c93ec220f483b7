namespace Inheritune.Engine.Checkpoints.PyTorch;

/// <summary>A name of the closed list that a pickle may use.</summary>
/// <param name="Name">"collections OrderedDict".</param>
internal sealed record PickleGlobal(string Name);
