using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Model;

/// <summary>Logits and loss against the f64 reference; every parameter's gradient against its central differences.</summary>
public sealed class DecoderGradientTests
{
    private const int B = 2, T = 7;

    [Theory]
    [MemberData(nameof(TestModels.Names), MemberType = typeof(TestModels))]
    public void Forward_RandomModel_LogitsAndLossMatchReference(string name)
    {
        var (config, seed) = (TestModels.All[name], Random.Shared.Next());
        using var device = new CpuDevice(2);
        using var model = TestModels.Create(device, config, seed);
        var (tokens, targets) = TestModels.Batch(config, B, T, seed);
        var reference = new ReferenceDecoder(config, Finder(Weights(model)));
        using var pass = new DecoderPass(model, B, T, training: false);

        pass.Forward(tokens, B, T);
        var logits = device.AllocateTensor(DType.F32, B * T, config.VocabSize);
        pass.Logits(logits, 0, B * T);
        var actual = logits.ToArray();
        logits.Memory.Dispose();
        var expected = tokens.Chunk(T).SelectMany(reference.Logits).SelectMany(row => row).ToArray();

        var tolerance = 1e-5 * Math.Max(1, expected.Max(Math.Abs));
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= tolerance,
                $"{name}, seed {seed}: logit {i} is {actual[i]}, expected {expected[i]}");
        }

        Assert.Equal(reference.Loss(tokens, targets, T), pass.Loss(tokens, targets), tolerance);
    }

    [Theory]
    [MemberData(nameof(TestModels.Names), MemberType = typeof(TestModels))]
    public void ForwardBackward_RandomModel_GradientsMatchCentralDifferences(string name)
    {
        const double Step = 1e-5;
        var (config, seed) = (TestModels.All[name], Random.Shared.Next());
        using var device = new CpuDevice(2);
        using var model = TestModels.Create(device, config, seed);
        using var gradients = new ParameterSet(device, model.Table);
        device.Ops.Fill(gradients.Flat, float.NaN);
        var (tokens, targets) = TestModels.Batch(config, B, T, seed);
        using var pass = new DecoderPass(model, B, T, training: true);
        pass.ForwardBackward(tokens, targets, gradients, accumulate: false, gradientScale: 1);

        var weights = Weights(model);
        var reference = new ReferenceDecoder(config, Finder(weights));
        Assert.Equal(reference.Loss(tokens, targets, T), pass.ReadLoss(), 1e-5);
        var random = new Random(seed);
        foreach (var parameter in model.Table)
        {
            var gradient = gradients[parameter].ToArray();
            var direction = Enumerable.Range(0, gradient.Length).Select(_ => random.NextDouble() - 0.5).ToArray();
            var length = Math.Sqrt(direction.Sum(v => v * v));
            var kept = weights[parameter.Name];
            double LossAt(double distance)
            {
                weights[parameter.Name] = [.. kept.Zip(direction, (w, d) => w + distance * d / length)];
                return reference.Loss(tokens, targets, T);
            }

            var expected = (LossAt(Step) - LossAt(-Step)) / (2 * Step);
            weights[parameter.Name] = kept;
            var actual = gradient.Zip(direction, (g, d) => g * d / length).Sum();
            var tolerance = 1e-5 * Math.Sqrt(gradient.Sum(g => (double)g * g)) + 1e-6;
            Assert.True(
                Math.Abs(expected - actual) <= tolerance,
                $"{name}, seed {seed}: slope by {parameter.Name} is {actual}, expected {expected} within {tolerance}");
        }
    }

    [Fact]
    public void ForwardBackward_EmbeddingFraction_ScalesTheInputSideOnly()
    {
        using var device = new CpuDevice(1);
        var (whole, half) = (Gradient(device, TestModels.Parallel), Gradient(device, TestModels.Parallel with { EmbedGradFraction = 0.5 }));
        Assert.Equal(whole["head.weight"], half["head.weight"]);
        Assert.Equal(whole["wte"].Select(g => g * 0.5f), half["wte"]);
    }

    [Fact]
    public void ForwardBackward_PaddingRow_GetsNoInputGradient()
    {
        using var device = new CpuDevice(1);
        var config = TestModels.Parallel;
        var padded = TestModels.Batch(config, B, T, 5).Tokens[0];
        var (plain, without) = (Gradient(device, config), Gradient(device, config with { PadRow = padded }));
        for (var row = 0; row < config.VocabSize; row++)
        {
            var (expected, actual) = (Row(plain, row), Row(without, row));
            Assert.Equal(row == padded ? new float[config.Hidden] : expected, actual);
        }

        Assert.Contains(Row(plain, padded), g => g != 0);
        float[] Row(Dictionary<string, float[]> set, int row) => set["wte"][(row * config.Hidden)..((row + 1) * config.Hidden)];
    }

    private static Dictionary<string, float[]> Gradient(Device device, DecoderConfig config)
    {
        using var model = TestModels.Create(device, config, 5);
        using var gradients = new ParameterSet(device, model.Table);
        using var pass = new DecoderPass(model, B, T, training: true);
        var (tokens, targets) = TestModels.Batch(config, B, T, 5);
        pass.ForwardBackward(tokens, targets, gradients, accumulate: false, gradientScale: 1);
        return model.Table.ToDictionary(p => p.Name, p => gradients[p].ToArray());
    }

    private static Dictionary<string, double[]> Weights(Decoder model) =>
        model.Table.ToDictionary(p => p.Name, p => model.Weights[p].ToArray().Select(v => (double)v).ToArray());

    private static Func<string, double[]?> Finder(Dictionary<string, double[]> weights) => name => weights.GetValueOrDefault(name);
}
