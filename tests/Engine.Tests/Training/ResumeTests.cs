using System.Text;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Data;
using Inheritune.Engine.Model;
using Inheritune.Engine.Training;

namespace Engine.Tests.Training;

public sealed class ResumeTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    public static TheoryData<string, TrainOptions> Variants() => new()
    {
        { "plain", TinyTask.Options },
        { "sum, matrix, linear", TinyTask.Options with
            { AccumulationMode = AccumulationMode.Sum, DecayRule = DecayRule.Matrix,
                Schedule = new LinearSchedule(1e-2, 0, 2, 20) } },
        { "wsd, skip", TinyTask.Options with
            { OutlierAction = OutlierAction.Skip,
                Schedule = new WsdSchedule(1e-2, 1e-3, 2, 20, 7, WsdShape.Sqrt) } },
        { "continued", TinyTask.Options with
            { Schedule = new ContinuedSchedule(new ConstantSchedule(1e-3, 3), 5, 4),
                Recompute = Recompute.Block } },
    };

    [Fact]
    public void Restore_CheckpointWithChoicesOfAnotherDevice_GoesOnAndSaysSo()
    {
        var first = _task.Trainer();
        first.Step();
        first.Save(_task.Folder["own"]);
        first.Save(_task.Folder["other"], folder => File.WriteAllText(Path.Combine(folder, "tuning.json"), "{}"));
        var expected = first.Step().Loss;
        foreach (var name in (string[])["own", "other"])
        {
            var second = _task.Trainer();
            second.Restore(_task.Folder[name]);
            Assert.Equal(name == "other", second.HasOtherTuning);
            Assert.Equal(expected, second.Step().Loss);
        }
    }

    [Theory]
    [MemberData(nameof(Variants), DisableDiscoveryEnumeration = true)]
    public void Restore_AfterAnyStep_GoesOnBitForBit(string name, TrainOptions options)
    {
        Assert.NotEmpty(name);
        var whole = _task.Trainer(options);
        var losses = Enumerable.Range(0, 12).Select(_ => whole.Step().Loss).ToList();
        for (var cut = 0; cut <= 10; cut += 5)
        {
            var first = _task.Trainer(options);
            for (var i = 0; i < cut; i++)
            {
                first.Step();
            }

            first.Save(_task.Folder["saved"]);
            var second = _task.Trainer(options);
            second.Step();
            second.Restore(_task.Folder["saved"]);
            Assert.Equal(cut, second.StepIndex);
            for (var i = cut; i < 12; i++)
            {
                Assert.Equal(losses[i], second.Step().Loss);
            }

            Assert.Equal(TrainerTests.Weights(whole), TrainerTests.Weights(second));
            Assert.Equal(whole.SecondMoment.Flat.ToArray(), second.SecondMoment.Flat.ToArray());
            Assert.Equal(whole.Tokens, second.Tokens);
        }
    }

    [Fact]
    public void Restore_DoesNotReplayBatches()
    {
        var seen = new RecordingSource(new RandomBatchSource([_task.Train], 11));
        var first = _task.Trainer(source: seen);
        first.Step();
        first.Save(_task.Folder["saved"]);
        var later = new RecordingSource(new RandomBatchSource([_task.Train], 11));
        var second = _task.Trainer(source: later);
        second.Restore(_task.Folder["saved"]);
        second.Step();
        Assert.Empty(seen.Batches.Intersect(later.Batches));
    }

    [Fact]
    public void Save_Folder_IsAModelFolderWithTheTrainersFilesAndTheCallers()
    {
        var trainer = _task.Trainer();
        trainer.Step();
        trainer.Save(_task.Folder["saved"], folder =>
            File.WriteAllText(Path.Combine(folder, "extra.txt"), "x"));
        Assert.Superset(
            new HashSet<string?> { "config.json", "model.safetensors", "optimizer.safetensors",
            "trainer.json", "extra.txt" },
            Directory.GetFiles(_task.Folder["saved"]).Select(Path.GetFileName).ToHashSet());
        using var model = ModelFolder.Load(_task.Device, _task.Folder["saved"]);
        Assert.Equal(TrainerTests.Weights(trainer), model.Weights.Flat.ToArray());
    }

    [Fact]
    public void Save_WhenSomethingFails_KeepsTheOldFolder()
    {
        var trainer = _task.Trainer();
        trainer.Save(_task.Folder["saved"]);
        trainer.Step();
        Assert.Throws<IOException>(
            () => trainer.Save(_task.Folder["saved"], _ => throw new IOException("No space left on device")));
        var again = _task.Trainer();
        again.Restore(_task.Folder["saved"]);
        Assert.Equal(0, again.StepIndex);
    }

    [Fact]
    public void Restore_WithOtherOptions_NamesTheFirstOne()
    {
        _task.Trainer().Save(_task.Folder["saved"]);
        Reject(TinyTask.Options with { BatchSize = 4 }, "batch_size: expected 3 as in the saved run, got 4.");
        Reject(TinyTask.Options with { WeightDecay = 0.2 },
            "weight_decay: expected 0.1 as in the saved run, got 0.2.");
        Reject(
            TinyTask.Options with { Schedule = new ConstantSchedule(1e-3) },
            "schedule: expected \"cosine peak 0.005 min 0.0005 warmup 4 total 24\" as in the saved run, got "
            + "\"constant peak 0.001 warmup 0\".");

        // What only concerns the run may change.
        _task.Trainer(TinyTask.Options with
        {
            Steps = 99,
            CheckpointEvery = 1,
            KeepCheckpoints = 9,
            Recompute = Recompute.Block
        })
            .Restore(_task.Folder["saved"]);

        void Reject(TrainOptions options, string text)
        {
            var error = Assert.Throws<TrainingException>(() =>
                _task.Trainer(options).Restore(_task.Folder["saved"]));
            Assert.Contains(text, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Restore_WithAnotherModelOrOtherData_SaysSo()
    {
        _task.Trainer().Save(_task.Folder["saved"]);
        var deeper = _task.Trainer(config: TinyTask.Config with { Layers = 3 });
        var error = Assert.Throws<TrainingException>(() => deeper.Restore(_task.Folder["saved"]));
        Assert.Contains("model: expected gpt2 with 3 blocks, width 16, V=29, got gpt2 with 2 blocks",
            error.Message, StringComparison.Ordinal);

        var reseeded = _task.Trainer(source: new RandomBatchSource([_task.Train], 12));
        Assert.Throws<TokenFileException>(() => reseeded.Restore(_task.Folder["saved"]));
    }

    [Fact]
    public void Restore_WithoutTrainerState_SaysWhatTheFolderIsGoodFor()
    {
        var trainer = _task.Trainer();
        ModelFolder.Save(trainer.Model, _task.Folder["model"]);
        var error = Assert.Throws<TrainingException>(() => trainer.Restore(_task.Folder["model"]));
        Assert.Contains("A folder without it can be trained from, but not resumed.", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Restore_DamagedFiles_IsAlwaysANamedError()
    {
        var trainer = _task.Trainer();
        for (var i = 0; i < 3; i++)
        {
            trainer.Step();
        }

        trainer.Save(_task.Folder["saved"]);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var files = Directory.GetFiles(_task.Folder["saved"]);
        for (var i = 0; i < 120; i++)
        {
            var file = files[random.Next(files.Length)];
            var bytes = File.ReadAllBytes(file);
            var damaged = i % 2 == 0 ? bytes[..random.Next(bytes.Length)] : (byte[])bytes.Clone();
            if (i % 2 == 1)
            {
                damaged[random.Next(Math.Min(bytes.Length, 3000))] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(file, damaged);
            try
            {
                trainer.Restore(_task.Folder["saved"]);
                Assert.True(i % 2 == 1, $"a cut {Path.GetFileName(file)} was accepted, seed {seed}");
            }
            catch (Exception e) when (
                e is TrainingException or CheckpointException or TokenFileException or ModelException)
            {
                Assert.Contains(": ", e.Message, StringComparison.Ordinal);
            }
            finally
            {
                File.WriteAllBytes(file, bytes);
            }
        }
    }

    private sealed class RecordingSource(IBatchSource inner) : IBatchSource
    {
        public HashSet<string> Batches { get; } = [];

        public string State
        {
            get => inner.State;
            set => inner.State = value;
        }

        public void Next(Span<int> tokens, Span<int> targets, int batch, int sequenceLength)
        {
            inner.Next(tokens, targets, batch, sequenceLength);
            var text = new StringBuilder();
            foreach (var id in tokens)
            {
                text.Append(id).Append(' ');
            }

            Batches.Add(text.ToString());
        }
    }
}
