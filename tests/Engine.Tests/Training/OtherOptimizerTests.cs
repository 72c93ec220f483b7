namespace Engine.Tests.Training;

/// <summary>Goldens of optimizers that the engine does not have: counted, not passed.</summary>
public sealed class OtherOptimizerTests
{
    [Theory]
    [InlineData("sophia.json", "SophiaG")]
    [InlineData("lion.json", "Lion")]
    public void Run_OfAnotherOptimizer_IsNotThereYet(string file, string name)
    {
        TrainingFixtures.Files("training/" + file);
        Assert.Skip($"{file}: the engine has no {name} yet");
    }
}
