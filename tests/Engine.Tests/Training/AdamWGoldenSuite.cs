using System.Text.Json;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Engine.Training;
using Inheritune.Kernels;

namespace Engine.Tests.Training;

/// <summary>Trajectories of PyTorch in double precision.</summary>
public abstract class AdamWGoldenSuite(ITestOutputHelper output)
{
    /// <summary>Opens the tested device.</summary>
    protected abstract Device Open();

    [Theory]
    [MemberData(nameof(TrainingFixtures.AdamWRuns), MemberType = typeof(TrainingFixtures))]
    public void Run_OfGoldenFolder_FollowsTheTrajectory(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "run.json")));
        var run = json.RootElement;
        using var device = Open();
        using var model = ModelFolder.Load(device,
            Path.Combine(folder, run.GetProperty("model").GetString()!));
        var options = Options(run);
        var windows = run.GetProperty("steps").EnumerateArray()
            .SelectMany(step => step.GetProperty("windows").EnumerateArray())
            .SelectMany(micro => micro.EnumerateArray()).Select(Ids).ToList();
        using var trainer = new Trainer(model, options, new ListBatchSource(windows));
        CheckDecayed(run, model, options);

        double lossDifference = 0, normDifference = 0;
        var evaluation = run.GetProperty("eval");
        Track(ref lossDifference, Evaluate(model, evaluation), evaluation.GetProperty("before").GetDouble());
        foreach (var step in run.GetProperty("steps").EnumerateArray())
        {
            var result = trainer.Step();
            Assert.Equal(step.GetProperty("lr").GetDouble(), result.LearningRate, 1e-14);
            var micro = 0;
            foreach (var loss in step.GetProperty("losses").EnumerateArray())
            {
                Track(ref lossDifference, trainer.MicroBatchLosses[micro++], loss.GetDouble());
            }

            Track(ref lossDifference, result.Loss, step.GetProperty("loss").GetDouble());
            var norm = step.GetProperty("grad_norm").GetDouble();
            Track(ref normDifference, result.GradientNorm / norm, 1);
            Assert.Equal(step.GetProperty("clip_factor").GetDouble(), result.ClipFactor, 1e-5);
        }

        Track(ref lossDifference, Evaluate(model, evaluation), evaluation.GetProperty("after").GetDouble());
        var final = Path.Combine(folder, run.GetProperty("final").GetString()!);
        var weights = Compare(final, "weight.", model, model.Weights, run);
        var first = Compare(final, "m.", model, trainer.FirstMoment, run);
        var second = Compare(final, "v.", model, trainer.SecondMoment, run);
        output.WriteLine(
            $"{Path.GetFileName(folder)}: loss {lossDifference:E1}, norm {normDifference:E1}, w "
            + $"{weights:E1}, m {first:E1}, v {second:E1}");
        Assert.InRange(lossDifference, 0, 1e-5);
        Assert.InRange(normDifference, 0, 1e-5);
        Assert.InRange(weights, 0, 1e-5);
        Assert.InRange(first, 0, 5e-6);
        Assert.InRange(second, 0, 5e-6);
    }

    [Fact]
    public void AdamW_OnGoldenQuadratic_GivesWeightsAndMomentsOfEveryStep()
    {
        foreach (var file in TrainingFixtures.Files("training/adamw-vector.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            var golden = json.RootElement;
            var start = Floats(golden.GetProperty("start"));
            var optimizer = golden.GetProperty("optimizer");
            var schedule = ScheduleTests.Parse(golden.GetProperty("schedule"));
            using var device = Open();
            Tensor[] t = [.. Enumerable.Range(0, 5).Select(_ =>
                device.AllocateTensor(DType.F32, start.Length))];
            t[0].Upload<float>(start);
            device.Ops.Fill(t[1], 0);
            device.Ops.Fill(t[2], 0);
            long count = 0;
            foreach (var step in golden.GetProperty("steps").EnumerateArray())
            {
                t[3].Upload<float>(Floats(step.GetProperty("grad")));
                device.Ops.GradientNorm(t[4].View(2), t[3], 0);
                device.Ops.AdamW(t[0], t[1], t[2], t[3], t[4].View(2), new AdamWStep(
                    (float)schedule.Rate(count), optimizer.GetProperty("beta1").GetSingle(),
                    optimizer.GetProperty("beta2").GetSingle(),
                    optimizer.GetProperty("eps").GetSingle(),
                    optimizer.GetProperty("weight_decay").GetSingle(), ++count));
                AssertClose(Floats(step.GetProperty("w")), t[0].ToArray(), 1e-6);
                AssertClose(Floats(step.GetProperty("m")), t[1].ToArray(), 1e-6);
                AssertClose(Floats(step.GetProperty("v")), t[2].ToArray(), 1e-6);
            }

            foreach (var tensor in t)
            {
                tensor.Memory.Dispose();
            }
        }
    }

    internal static TrainOptions Options(JsonElement run)
    {
        var optimizer = run.GetProperty("optimizer");
        var accumulation = run.GetProperty("accumulation");
        return new TrainOptions
        {
            BatchSize = run.GetProperty("B").GetInt32(),
            SequenceLength = run.GetProperty("T").GetInt32(),
            AccumulationSteps = accumulation.GetProperty("count").GetInt32(),
            AccumulationMode = accumulation.GetProperty("mode").GetString() == "sum"
                ? AccumulationMode.Sum
                : AccumulationMode.Mean,
            Steps = run.GetProperty("steps").GetArrayLength(),
            Schedule = ScheduleTests.Parse(run.GetProperty("schedule")),
            Beta1 = optimizer.GetProperty("beta1").GetDouble(),
            Beta2 = optimizer.GetProperty("beta2").GetDouble(),
            Eps = optimizer.GetProperty("eps").GetDouble(),
            WeightDecay = optimizer.GetProperty("weight_decay").GetDouble(),
            ClipNorm = optimizer.GetProperty("clip").GetDouble(),
            DecayRule = run.GetProperty("decay_rule").GetString() == "matrix"
                ? DecayRule.Matrix
                : DecayRule.Linear,
        };
    }

    private static void CheckDecayed(JsonElement run, Decoder model, TrainOptions options)
    {
        var expected = run.GetProperty("decayed").EnumerateArray().Select(name =>
            name.GetString()!).ToHashSet();
        foreach (var name in expected)
        {
            Assert.True(CanonicalTensors.TryFind(model.Config, name, out var tensor), name);
            Assert.True(ParameterTable.Decays(model.Table[tensor.Parameter], options.DecayRule), name);
        }

        var actual = CanonicalTensors.For(model.Config)
            .Count(tensor => ParameterTable.Decays(model.Table[tensor.Parameter], options.DecayRule));
        Assert.Equal(expected.Count, actual);
    }

    private static double Evaluate(Decoder model, JsonElement evaluation)
    {
        var windows = evaluation.GetProperty("windows").EnumerateArray().Select(Ids).ToList();
        var length = windows[0].Length - 1;
        using var pass = new DecoderPass(model, windows.Count, length, training: false);
        return pass.Loss(
            [.. windows.SelectMany(window => window.Take(length))],
            [.. windows.SelectMany(window => window.Skip(1))]);
    }

    /// <summary>Largest difference over all tensors of one kind, in the orientation of the file.</summary>
    private static double Compare(string path, string prefix, Decoder model, ParameterSet set,
        JsonElement run)
    {
        using var file = SafetensorsFile.Open(path);
        double largest = 0;
        var compared = 0;
        foreach (var entry in file.Entries.Where(entry =>
            entry.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var name = entry.Name[prefix.Length..];
            Assert.True(CanonicalTensors.TryFind(model.Config, name, out var tensor), name);
            var (skipFrom, skipTo) = run.GetProperty("zero_gradient").TryGetProperty(name, out var interval)
                ? (interval[0].GetInt32(), interval[1].GetInt32()) : (0, 0);
            var expected = file.ReadFloats(entry);
            var actual = CanonicalTensors.ReadInFileOrientation(set, tensor);
            for (var i = 0; i < expected.Length; i++)
            {
                if (i < skipFrom || i >= skipTo)
                {
                    Track(ref largest, actual[i], expected[i]);
                }
            }

            compared++;
        }

        Assert.Equal(CanonicalTensors.For(model.Config).Count, compared);
        return largest;
    }

    private static void Track(ref double largest, double actual, double expected)
    {
        var difference = Math.Abs(actual - expected);
        largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
    }

    private static void AssertClose(float[] expected, float[] actual, double relative)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(actual[i] - expected[i]) <= relative * Math.Max(1, Math.Abs(expected[i])),
                $"element {i}: expected {expected[i]}, got {actual[i]}");
        }
    }

    private static int[] Ids(JsonElement window) => [.. window.EnumerateArray().Select(id => id.GetInt32())];

    private static float[] Floats(JsonElement values) =>
        [.. values.EnumerateArray().Select(value => (float)value.GetDouble())];
}
