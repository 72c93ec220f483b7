using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Model;

public sealed class DecoderPassTests
{
    private const int B = 3, T = 9;

    [Theory]
    [MemberData(nameof(TestModels.Names), MemberType = typeof(TestModels))]
    public void ForwardBackward_ThreadsRunsAndRecompute_GiveTheSameBits(string name)
    {
        var seed = Random.Shared.Next();
        var expected = Run(name, seed, threads: 1, Recompute.None, repeat: 1);
        Assert.All(expected, value => Assert.False(float.IsNaN(value)));
        AssertSameBits(expected, Run(name, seed, threads: 1, Recompute.None, repeat: 2), $"second run, {name}, seed {seed}");
        AssertSameBits(expected, Run(name, seed, threads: 2, Recompute.None, repeat: 1), $"2 threads, {name}, seed {seed}");
        AssertSameBits(expected, Run(name, seed, threads: 3, Recompute.Block, repeat: 1), $"3 threads, {name}, seed {seed}");
        foreach (var recompute in new[] { Recompute.Activations, Recompute.Block })
        {
            AssertSameBits(expected, Run(name, seed, 1, recompute, repeat: 1), $"recompute {recompute}, {name}, seed {seed}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ForwardBackward_WideModel_GivesTheSameBits(bool isGated)
    {
        var seed = Random.Shared.Next();
        var config = TestModels.Wide with { GatedMlp = isGated, Activation = isGated ? Activation.Silu : Activation.GeluTanh };
        var expected = Run(config, 5, 64, seed, threads: 1, Recompute.None, repeat: 1);
        foreach (var threads in new[] { 2, 3, 5 })
        {
            AssertSameBits(
                expected, Run(config, 5, 64, seed, threads, (Recompute)(threads % 3), repeat: 2), $"{threads} threads, seed {seed}");
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void ForwardBackward_LogitsInChunks_SameLossAndGradients(string name)
    {
        // 64 rows is the least that a chunk has: 90 rows are two.
        const int Sequences = 10;
        var config = TestModels.All[name];
        using var device = new CpuDevice(2);
        using var model = TestModels.Create(device, config, 3);
        using var whole = new ParameterSet(device, model.Table);
        using var chunked = new ParameterSet(device, model.Table);
        var (tokens, targets) = TestModels.Batch(config, Sequences, T, 3);
        using var wholePass = new DecoderPass(model, Sequences, T, training: true);
        using var chunkedPass = new DecoderPass(
            model, ActivationPlan.For(config, Sequences, T, training: true, Recompute.None, logitElements: 1));
        Assert.Equal(64, chunkedPass.Plan.LogitRows);
        device.Ops.Fill(chunked.Flat, float.NaN);

        wholePass.ForwardBackward(tokens, targets, whole, accumulate: false, 1);
        chunkedPass.ForwardBackward(tokens, targets, chunked, accumulate: false, 1);

        Assert.Equal(wholePass.ReadLoss(), chunkedPass.ReadLoss());
        Assert.Equal(wholePass.Loss(tokens, targets), chunkedPass.Loss(tokens, targets));
        foreach (var parameter in model.Table)
        {
            AssertClose(whole[parameter].ToArray(), chunked[parameter].ToArray(), 1e-6, parameter.Name);
        }
    }

    [Fact]
    public void ForwardBackward_TwoMicroBatches_AddUpToTheWholeBatch()
    {
        foreach (var config in TestModels.All.Values)
        {
            using var device = new CpuDevice(2);
            using var model = TestModels.Create(device, config, 4);
            using var whole = new ParameterSet(device, model.Table);
            using var parts = new ParameterSet(device, model.Table);
            var tokens = TestModels.Batch(config, 2, T, 4).Tokens;
            var targets = tokens.Reverse().ToArray();
            using var wholePass = new DecoderPass(model, 2, T, training: true);
            using var partPass = new DecoderPass(model, 1, T, training: true);

            wholePass.ForwardBackward(tokens, targets, whole, accumulate: false, 1);
            partPass.ForwardBackward(tokens.AsSpan(0, T), targets.AsSpan(0, T), parts, accumulate: false, 0.5f);
            var firstLoss = partPass.ReadLoss();
            partPass.ForwardBackward(tokens.AsSpan(T), targets.AsSpan(T), parts, accumulate: true, 0.5f);

            Assert.Equal(wholePass.ReadLoss(), (firstLoss + partPass.ReadLoss()) / 2, 1e-5);
            foreach (var parameter in model.Table)
            {
                AssertClose(whole[parameter].ToArray(), parts[parameter].ToArray(), 2e-6, parameter.Name);
            }
        }
    }

    [Fact]
    public void ForwardBackward_NoTargets_GradientsAreZero()
    {
        using var device = new CpuDevice(1);
        using var model = TestModels.Create(device, TestModels.Gpt2, 1);
        using var gradients = new ParameterSet(device, model.Table);
        device.Ops.Fill(gradients.Flat, 3f);
        using var pass = new DecoderPass(model, 1, 2, training: true);
        pass.ForwardBackward([1, 2], [Ops.IgnoredTarget, Ops.IgnoredTarget], gradients, accumulate: false, 1);
        Assert.Equal(0, pass.ReadLoss());
        Assert.Equal(0, pass.Loss([1, 2], [Ops.IgnoredTarget, Ops.IgnoredTarget]));
        Assert.All(model.Table, p => Assert.All(gradients[p].ToArray(), g => Assert.Equal(0, g)));
    }

    [Fact]
    public void Forward_ShorterThanPlanned_SameAsAPassOfThatSize()
    {
        foreach (var config in TestModels.All.Values)
        {
            using var device = new CpuDevice(1);
            using var model = TestModels.Create(device, config, 6);
            using var large = new DecoderPass(model, 2, T, training: true);
            using var exact = new DecoderPass(model, 1, 4, training: true);
            var (tokens, targets) = TestModels.Batch(config, 2, T, 6);
            var loss = large.Loss(tokens, targets);
            large.Forward(tokens.AsSpan(0, 4), 1, 4);
            exact.Forward(tokens.AsSpan(0, 4), 1, 4);
            Assert.Equal(exact.Hidden.ToArray(), large.Hidden.ToArray());
            Assert.Equal(exact.LayerQkv(1).ToArray(), large.LayerQkv(1).ToArray());
            Assert.Equal(4, large.LayerAttention(1).T);
            Assert.Equal(loss, large.Loss(tokens, targets));
        }
    }

    [Fact]
    public void Forward_ShortThenLong_KeepsTheRotaryTable()
    {
        const int Long = 64;
        var config = TestModels.Wide with { Position = PositionKind.Rotary };
        using var device = new CpuDevice(2);
        using var model = TestModels.Create(device, config, 6);
        using var pass = new DecoderPass(model, 1, Long, training: false);
        var (tokens, targets) = TestModels.Batch(config, 1, Long, 6);
        var loss = pass.Loss(tokens, targets);
        pass.Forward(tokens.AsSpan(0, 3), 1, 3);
        Assert.Equal(loss, pass.Loss(tokens, targets));
    }

    [Fact]
    public void ForwardBackward_WrongInput_IsRefusedWithTheReason()
    {
        using var device = new CpuDevice(1);
        using var model = TestModels.Create(device, TestModels.Gpt2, 1);
        using var gradients = new ParameterSet(device, model.Table);
        using var pass = new DecoderPass(model, 1, 3, training: true);
        AssertFails("token 1: expected an id below the vocabulary size 19, got 19", () => Backward([0, 19, 2], [1, 2, 3]));
        AssertFails("token 0: expected an id below the vocabulary size 19, got -1", () => Backward([-1, 1, 2], [1, 2, 3]));
        AssertFails("target 2: expected an id below the vocabulary size 19, got -99", () => Backward([0, 1, 2], [1, 2, -99]));
        AssertFails("targets: expected 1 x 3 = 3 ids, got 2", () => Backward([0, 1, 2], [1, 2]));
        AssertFails("tokens: expected 1 x 3 = 3 ids, got 4", () => Backward([0, 1, 2, 3], [1, 2, 3]));
        AssertFails("expected at most 1 x 3 tokens, got 1 x 4", () => pass.Forward([0, 1, 2, 3], 1, 4));
        AssertFails("from 1 to the model's 11 positions, got 1 x 12", () => new DecoderPass(model, 1, 12, false).Dispose());
        using var inference = new DecoderPass(model, 1, 3, training: false);
        AssertFails("training: true", () => inference.ForwardBackward([0, 1, 2], [1, 2, 3], gradients, false, 1));
        AssertFails("LayerQkv", () => inference.LayerQkv(0));

        void Backward(int[] tokens, int[] targets) => pass.ForwardBackward(tokens, targets, gradients, false, 1);
    }

    private static void AssertFails(string text, Action action) =>
        Assert.Contains(text, Assert.Throws<ModelException>(action).Message, StringComparison.Ordinal);

    /// <summary>Gradients and loss from poisoned buffers.</summary>
    private static float[] Run(string name, int seed, int threads, Recompute recompute, int repeat) =>
        Run(TestModels.All[name], B, T, seed, threads, recompute, repeat);

    private static float[] Run(
        DecoderConfig config, int batch, int sequenceLength, int seed, int threads, Recompute recompute, int repeat)
    {
        using var device = new CpuDevice(threads);
        using var model = TestModels.Create(device, config, seed);
        using var gradients = new ParameterSet(device, model.Table);
        var (tokens, targets) = TestModels.Batch(config, batch, sequenceLength, seed);
        using var pass = new DecoderPass(model, batch, sequenceLength, training: true, recompute);
        for (var i = 0; i < repeat; i++)
        {
            foreach (var parameter in model.Table)
            {
                device.Ops.Fill(gradients[parameter], float.NaN);
            }

            pass.ForwardBackward(tokens, targets, gradients, accumulate: false, 1);
        }

        return [pass.ReadLoss(), .. gradients.Flat.ToArray()];
    }

    private static void AssertSameBits(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]),
                $"{what}: value {i} is {actual[i]:R}, expected {expected[i]:R}");
        }
    }

    private static void AssertClose(float[] expected, float[] actual, double relative, string what)
    {
        var norm = Math.Sqrt(expected.Sum(v => (double)v * v));
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= relative * norm + 1e-7, $"{what}: {actual[i]}, expected {expected[i]}");
        }
    }
}
