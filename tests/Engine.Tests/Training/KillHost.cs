using System.Runtime.CompilerServices;
using Inheritune.Engine.Training;

namespace Engine.Tests.Training;

/// <summary>
/// The process that <see cref="KillTests"/> kills: this test assembly started as a program with a folder in
/// the environment runs one training run there instead of the tests.
/// </summary>
internal static class KillHost
{
    public const string Variable = "INHERITUNE_TEST_KILL_HOST";

    public static TrainOptions Options { get; } = TinyTask.Options with
    {
        Steps = 120,
        CheckpointEvery = 7,
        EvaluateEvery = 20,
        Schedule = new CosineSchedule(5e-3, 5e-4, 4, 120),
    };

    [ModuleInitializer]
    internal static void RunIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder)
        {
            Run(folder);
            Environment.Exit(0);
        }
    }

    public static void Run(string folder)
    {
        using var task = new TinyTask();
        new TrainingRun(folder, task.Trainer(Options), task.Batches, new Slow()).Run();
    }

    /// <summary>Gives the killer time to hit any place of a step, of a checkpoint or of the log.</summary>
    private sealed class Slow : ITrainingProgress
    {
        public void OnStep(in StepResult step, long totalSteps) => Thread.Sleep(2);

        public void OnEvaluation(long step, double loss, double standardError)
        {
        }

        public void OnCheckpoint(long step, string folder)
        {
        }

        public void OnNotice(string text)
        {
        }
    }
}
