namespace Inheritune.Engine.Training;

/// <summary>Names of a trainer's files beside the model in a checkpoint folder.</summary>
internal static class TrainerFiles
{
    public const string Optimizer = "optimizer.safetensors";
    public const string State = "trainer.json";
    public const string Tuning = "tuning.json";
    public const string FirstMomentPrefix = "first_moment.";
    public const string SecondMomentPrefix = "second_moment.";
}
