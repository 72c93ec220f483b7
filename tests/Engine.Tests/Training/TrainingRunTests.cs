using System.Text.Json.Nodes;
using Inheritune.Engine.Data;
using Inheritune.Engine.Training;

namespace Engine.Tests.Training;

public sealed class TrainingRunTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void Run_Uninterrupted_WritesLogEvaluationsAndTheLastCheckpoints()
    {
        var progress = new Recorder();
        var run = new TrainingRun(_task.Folder["run"], _task.Trainer(), _task.Batches, progress);

        Assert.Equal(RunOutcome.Completed, run.Run());

        var lines = Lines("run");
        var steps = lines.Where(line => line["loss"] is not null).ToList();
        Assert.Equal(Enumerable.Range(0, 24), steps.Select(line => (int)line["step"]!));
        Assert.Equal(
            ["step", "loss", "lr", "grad_norm", "clip", "tokens"], steps[3].Select(property => property.Key));
        Assert.Equal(4 * 66, (long)steps[3]["tokens"]!);
        var evaluations = lines.Where(line => line["validation_loss"] is not null).ToList();
        Assert.Equal([0, 6, 12, 18, 24], evaluations.Select(line => (int)line["step"]!));
        Assert.True((double)evaluations[^1]["validation_loss"]! < (double)evaluations[0]["validation_loss"]!);
        Assert.Equal((double)evaluations[^1]["validation_loss"]!, run.LastValidationLoss);
        Assert.Equal([20, 24], CheckpointFolders.Complete(_task.Folder["run"]).Select(checkpoint =>
            checkpoint.Step));
        Assert.EndsWith("step-000024", CheckpointFolders.Latest(_task.Folder["run"]),
            StringComparison.Ordinal);
        Assert.Equal([5, 10, 15, 20, 24], progress.Checkpoints);
        Assert.Equal(24, progress.Steps);
        Assert.Equal(5, progress.Evaluations);
    }

    [Fact]
    public void Run_OfACompletedRun_DoesNothing()
    {
        new TrainingRun(_task.Folder["run"], _task.Trainer(), _task.Batches).Run();
        var log = File.ReadAllBytes(Path.Combine(_task.Folder["run"], "log.jsonl"));
        var progress = new Recorder();
        var again = new TrainingRun(_task.Folder["run"], _task.Trainer(), _task.Batches, progress);
        Assert.Equal(RunOutcome.Completed, again.Run());
        Assert.Equal(log, File.ReadAllBytes(Path.Combine(_task.Folder["run"], "log.jsonl")));
        Assert.Equal((0, 0), (progress.Steps, progress.Evaluations));
        Assert.False(double.IsNaN(again.LastValidationLoss));
    }

    [Fact]
    public void Run_AskedToStop_FinishesTheStepSavesAndGoesOnIdentically()
    {
        new TrainingRun(_task.Folder["whole"], _task.Trainer(), _task.Batches).Run();
        Trainer? last = null;
        foreach (var stopAt in new[] { 1, 6, 7, 13, 24 })
        {
            using var stop = new CancellationTokenSource();
            last = _task.Trainer();
            var progress = new Recorder { OnStepDone = step => { if (step + 1 == stopAt) stop.Cancel(); } };
            var outcome = new TrainingRun(_task.Folder["run"], last, _task.Batches, progress).Run(stop.Token);
            Assert.Equal(stopAt == 24 ? RunOutcome.Completed : RunOutcome.Stopped, outcome);
            Assert.Equal(stopAt, last.StepIndex);
            Assert.EndsWith($"step-{stopAt:D6}", CheckpointFolders.Latest(_task.Folder["run"]),
                StringComparison.Ordinal);
        }

        // The run was stopped as it ended: the evaluation of step 24 is made by the next session.
        new TrainingRun(_task.Folder["run"], _task.Trainer(), _task.Batches).Run();
        AssertSameAs("whole", "run");
    }

    [Fact]
    public void Run_AbandonedAfterRandomSteps_EndsLikeAnUninterruptedOne()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        new TrainingRun(_task.Folder["whole"], _task.Trainer(), _task.Batches).Run();
        for (var trial = 0; trial < 6; trial++)
        {
            var name = $"run{trial}";
            while (!Abandon(name, random.Next(1, 12)))
            {
            }

            AssertSameAs("whole", name);
        }

        // Throws out of the middle of a run, as far from a clean end as one process can get.
        bool Abandon(string name, int afterSteps)
        {
            var progress = new Recorder
            {
                OnStepDone = _ =>
                {
                    if (--afterSteps == 0)
                    {
                        throw new InvalidOperationException("abandoned");
                    }
                },
            };
            try
            {
                new TrainingRun(_task.Folder[name], _task.Trainer(), _task.Batches, progress).Run();
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void Run_CopiedAtAnyMoment_CanBeResumedFromTheCopy()
    {
        // A copy of the folder between two writes is what a kill leaves behind: half a log line, a checkpoint
        // half written.
        new TrainingRun(_task.Folder["whole"], _task.Trainer(), _task.Batches).Run();
        var moments = new List<string>();
        var progress = new Recorder { OnStepDone = step => Snapshot($"step {step}") };
        var run = new TrainingRun(_task.Folder["run"], _task.Trainer(), _task.Batches, progress)
        {
            AddCheckpointFiles = _ => Snapshot("inside a checkpoint"),
        };
        run.Run();
        Assert.True(moments.Count > 25);

        var random = new Random(Environment.TickCount);
        foreach (var copy in moments.OrderBy(_ => random.Next()).Take(12))
        {
            var log = Path.Combine(_task.Folder[copy], "log.jsonl");
            File.AppendAllText(log, "{\"step\":99,\"loss\":3.2"[..random.Next(22)]);
            new TrainingRun(_task.Folder[copy], _task.Trainer(), _task.Batches).Run();
            AssertSameAs("whole", copy);
            Assert.All(
                Directory.GetDirectories(Path.Combine(_task.Folder[copy], "checkpoints")),
                folder => Assert.DoesNotContain(".tmp-", folder, StringComparison.Ordinal));
        }

        void Snapshot(string moment)
        {
            var name = $"copy {moments.Count} {moment}";
            moments.Add(name);
            var source = _task.Folder["run"];
            var files = Directory.GetFiles(source, "*", SearchOption.AllDirectories);
            foreach (var file in files.Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
            {
                var target = Path.Combine(_task.Folder[name], Path.GetRelativePath(source, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var to = File.Create(target);
                from.CopyTo(to);
            }
        }
    }

    [Fact]
    public void Latest_WithIncompleteCheckpoints_TakesTheHighestCompleteOne()
    {
        new TrainingRun(_task.Folder["run"], _task.Trainer(), _task.Batches).Run();
        var root = Path.Combine(_task.Folder["run"], "checkpoints");
        Directory.CreateDirectory(Path.Combine(root, "step-000099"));
        Directory.CreateDirectory(Path.Combine(root, "step-x"));
        var weights = Path.Combine(root, "step-000024", "model.safetensors");
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..^1]);
        Assert.EndsWith("step-000020", CheckpointFolders.Latest(_task.Folder["run"]),
            StringComparison.Ordinal);
        Assert.Null(CheckpointFolders.Latest(_task.Folder["nowhere"]));
    }

    [Fact]
    public void Run_TwiceInOneFolder_IsRefused()
    {
        var progress = new Recorder();
        Exception? second = null;
        progress.OnStepDone = step => second ??= Record.Exception(
            () => new TrainingRun(_task.Folder["run"], _task.Trainer(), _task.Batches).Run());
        new TrainingRun(_task.Folder["run"], _task.Trainer(), _task.Batches, progress).Run();
        var error = Assert.IsType<TrainingException>(second);
        Assert.Contains("log.jsonl: expected to be the only process that writes it, got another one.",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_InAFolderThatIsAFile_SaysSo()
    {
        File.WriteAllText(_task.Folder["file"], "");
        Assert.ThrowsAny<IOException>(() => new TrainingRun(_task.Folder["file"], _task.Trainer(),
            _task.Batches).Run());
        Assert.ThrowsAny<IOException>(
            () => new TrainingRun(Path.Combine(_task.Folder["file"], "run"), _task.Trainer(),
            _task.Batches).Run());
    }

    [Fact]
    public void Run_WithEvaluationButNoData_SaysSo()
    {
        var error = Assert.Throws<TrainingException>(() =>
            new TrainingRun(_task.Folder["run"], _task.Trainer()));
        Assert.Contains("validation data: expected some to evaluate every 6 steps, got none.", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithSkippedSteps_LogsThem()
    {
        var trainer = _task.Trainer(
            TinyTask.Options with
            {
                OutlierAction = OutlierAction.Skip,
                EvaluateEvery = 0,
                CheckpointEvery = 0,
                Steps = 4
            });
        trainer.Model.Weights["norm_f.bias"].Upload<float>([.. Enumerable.Repeat(float.NaN, 16)]);
        new TrainingRun(_task.Folder["run"], trainer).Run();
        Assert.All(Lines("run"), line => Assert.True((bool)line["skipped"]! && line["loss"] is null));
        Assert.Equal(4, Lines("run").Count);
    }

    private void AssertSameAs(string expected, string actual)
    {
        Assert.Equal(Lines(expected).Select(line => line.ToJsonString()),
            Lines(actual).Select(line => line.ToJsonString()));
        foreach (var file in new[] { "model.safetensors", "optimizer.safetensors", "trainer.json" })
        {
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(CheckpointFolders.Latest(_task.Folder[expected])!, file)),
                File.ReadAllBytes(Path.Combine(CheckpointFolders.Latest(_task.Folder[actual])!, file)));
        }
    }

    /// <summary>The log without its times.</summary>
    private List<JsonObject> Lines(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(_task.Folder[name], "log.jsonl"))
            .Select(line => JsonNode.Parse(line)!.AsObject()).ToList();
        lines.ForEach(line => line.Remove("ms"));
        return lines;
    }

    private sealed class Recorder : ITrainingProgress
    {
        public Action<long>? OnStepDone { get; set; }

        public int Steps { get; private set; }

        public int Evaluations { get; private set; }

        public List<long> Checkpoints { get; } = [];

        public void OnStep(in StepResult step, long totalSteps)
        {
            Steps++;
            OnStepDone?.Invoke(step.Step);
        }

        public void OnEvaluation(long step, double loss, double standardError) => Evaluations++;

        public void OnCheckpoint(long step, string folder) => Checkpoints.Add(step);

        public void OnNotice(string text) => Assert.NotEmpty(text);
    }
}
