using Inheritune.Engine.Model;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Model;

public sealed class DecoderConfigTests
{
    private static readonly DecoderConfig Good = TestModels.Gpt2;

    private static readonly (string Expected, DecoderConfig Config)[] Wrong =
    [
        ("VocabSize: expected 1 or more, got 0", Good with { VocabSize = 0 }),
        ("Hidden: expected 1 or more, got -3", Good with { Hidden = -3 }),
        ("Layers: expected 1 or more, got 0", Good with { Layers = 0 }),
        ("Heads: expected 1 or more, got 0", Good with { Heads = 0 }),
        ("MaxPositions: expected 1 or more, got 0", Good with { MaxPositions = 0 }),
        ("Heads: expected a divisor of Hidden = 20, got 3. Set HeadDim otherwise", Good with { Heads = 3 }),
        ("HeadDim: expected 1 or more, got -1", Good with { HeadDim = -1 }),
        ("KvHeads: expected a divisor of Heads = 4, got 3", Good with { KvHeads = 3 }),
        ("KvHeads: expected 1 or more, got -1", Good with { KvHeads = -1 }),
        ("Ffn: expected 1 or more", Good with { Ffn = -1 }),
        ("EmbedDim: expected 1 or more, got -1", Good with { EmbedDim = -1 }),
        ("PositionOffset: expected 0 or more, got -1", Good with { PositionOffset = -1 }),
        ("PadRow: expected a row below 19", Good with { PadRow = 19 }),
        ("RotaryDim: expected an even number from 2 to the head size 5, got 5", Good with { Position = PositionKind.Rotary }),
        ("RotaryDim: expected an even number from 2 to the head size 5, got 6",
            Good with { Position = PositionKind.Rotary, RotaryDim = 6 }),
        ("RotaryBase: expected a positive number, got 0",
            Good with { Position = PositionKind.Rotary, RotaryDim = 4, RotaryBase = 0 }),
        ("RopeScaling.Factor: expected a positive number, got -2", Good with
        {
            Position = PositionKind.Rotary, RotaryDim = 4, RopeScaling = new RopeScaling(RopeScalingKind.Linear, -2),
        }),
        ("RopeScaling.HighFrequencyFactor: expected more than the low one, 4, got 4", Good with
        {
            Position = PositionKind.Rotary, RotaryDim = 4, RopeScaling = new RopeScaling(RopeScalingKind.Llama3, 8, 4, 4),
        }),
        ("AlibiBiasMax: expected a positive number, got NaN", Good with { Position = PositionKind.Alibi, AlibiBiasMax = double.NaN }),
        ("ClipQkv: expected a positive number, or 0 for none, got -1", Good with { ClipQkv = -1 }),
        ("NormEps: expected a positive number, got 0", Good with { NormEps = 0 }),
        ("LogitScale: expected a positive number", Good with { LogitScale = double.PositiveInfinity }),
        ("EmbedGradFraction: expected at most 1, got 1.5", Good with { EmbedGradFraction = 1.5 }),
        ("AttentionScale: expected a positive number", Good with { AttentionScale = -1 }),
        ("ScaleDivisors: expected 3 numbers, one per block, got 2", Good with { ScaleDivisors = [1, 2] }),
        ("ScaleDivisors, block 2: expected a positive number, got 0", Good with { ScaleDivisors = [1, 2, 0] }),
        ("(Heads + 2 KvHeads) x HeadDim: expected at most 2147483647, got 3000000000",
            Good with { Heads = 1000000, HeadDim = 1000 }),
        ("2 x Ffn: expected at most 2147483647, got 4294967294", Good with { Ffn = int.MaxValue }),
        ("MaxPositions + PositionOffset: expected at most 2147483647",
            Good with { MaxPositions = int.MaxValue, PositionOffset = 2 }),
        ("sizes: expected a model that a computer can hold",
            Good with { Hidden = 200_000_000, Layers = int.MaxValue, Heads = 4 }),
    ];

    [Fact]
    public void Validate_WrongNumber_IsNamed()
    {
        foreach (var (expected, config) in Wrong)
        {
            var exception = Assert.Throws<ModelException>(config.Validate);
            Assert.StartsWith("Model configuration: " + expected, exception.Message, StringComparison.Ordinal);
            Assert.Throws<ModelException>(() => ParameterTable.For(config));
        }
    }

    [Fact]
    public void Validate_GoodModels_Pass()
    {
        Assert.All(TestModels.All.Values, config => config.Validate());
        Assert.All(ModelPresets.Names, name => ModelPresets.Get(name).Validate());
        Assert.All(ModelPresets.Names, name => ModelPresets.Get(name).RequireSupported());
    }

    [Fact]
    public void RequireSupported_PostNormInParallel_IsRefused()
    {
        var config = Good with { NormPosition = NormPosition.Post, Residual = ResidualKind.Parallel };
        var message = Assert.Throws<ModelException>(config.RequireSupported).Message;
        Assert.Contains(
            "NormPosition = Post: expected a sequential residual stream", message, StringComparison.Ordinal);
        using var device = new CpuDevice(1);
        using var model = new Decoder(device, config);
        Assert.Throws<ModelException>(() => new DecoderPass(model, 1, 4, training: false));
    }

    [Fact]
    public void AttentionScaleOf_DivisorsPerBlock_AreApplied()
    {
        Assert.Equal(Math.Pow(5, -0.5), Good.AttentionScaleOf(2), 15);
        Assert.Equal(Math.Pow(5, -0.5) / 3, (Good with { ScaleAttentionByLayer = true }).AttentionScaleOf(2), 15);
        Assert.Equal(0.3 / 4, TestModels.Unusual.AttentionScaleOf(1), 15);
    }

    [Fact]
    public void Slopes_PublishedExamples_Agree()
    {
        Assert.Equal(Enumerable.Range(1, 16).Select(k => Math.Pow(2, -k / 2.0)), Slopes(16), Same);
        Assert.Equal([0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125], Slopes(6), Same);
        Assert.Equal(
            new[] { 1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5 }.Select(k => Math.Pow(2, -k)), Slopes(12), Same);

        static IEnumerable<double> Slopes(int heads) => AlibiSlopes.Build(heads, 8).Select(s => (double)s);
        static bool Same(double a, double b) => Math.Abs(a - b) < 1e-7;
    }
}
