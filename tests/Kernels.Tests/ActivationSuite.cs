using Inheritune.Kernels;
using Kernels.Tests.Reference;

namespace Kernels.Tests;

public abstract class ActivationSuite : DeviceSuite
{
    public static TheoryData<Activation> Functions() => new(Enum.GetValues<Activation>());

    public static TheoryData<Activation, int> FunctionsAndCounts()
    {
        var data = new TheoryData<Activation, int>();
        foreach (var activation in Enum.GetValues<Activation>())
        {
            foreach (var count in (int[])[1, 3, 13, 65, 4096, 70001])
            {
                data.Add(activation, count);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(FunctionsAndCounts))]
    public void Forward_OddCounts_MatchesReference(Activation activation, int count)
    {
        var x = NormalValues(count, 3);
        var (output, input) = (Poisoned(count), Make(x, count));
        Ops.ActivationForward(output, input, activation);
        Compare.Close(
            "y", output.ToArray(), Map(x.Doubles(), activation, false), Map(x, activation, false),
            operandScale: x.Max(Math.Abs));
    }

    [Theory]
    [MemberData(nameof(FunctionsAndCounts))]
    public void Backward_OddCounts_MatchesReferenceAlsoInPlace(Activation activation, int count)
    {
        var (x, dy) = (NormalValues(count, 3), NormalValues(count));
        var (dInput, dOutput, input) = (Poisoned(count), Make(dy, count), Make(x, count));
        Ops.ActivationBackward(dInput, dOutput, input, activation);
        var (reference, naive) = (Map(x.Doubles(), activation, true), Map(x, activation, true));
        for (var i = 0; i < count; i++)
        {
            (reference[i], naive[i]) = (reference[i] * dy[i], naive[i] * dy[i]);
        }

        Compare.Close("dx", dInput.ToArray(), reference, naive, operandScale: dy.Max(Math.Abs));
        Ops.ActivationBackward(dOutput, dOutput, input, activation);
        Assert.Equal(dInput.ToArray(), dOutput.ToArray());
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Forward_WideRange_CloseEverywhere(Activation activation)
    {
        var x = new float[20001];
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = (i - 10000) * 2e-3f;
        }

        var (output, slope) = (Poisoned(x.Length), Poisoned(x.Length));
        var ones = new float[x.Length];
        Array.Fill(ones, 1f);
        Ops.ActivationForward(output, Make(x, x.Length), activation);
        Ops.ActivationBackward(slope, Make(ones, x.Length), Make(x, x.Length), activation);
        var (y, dy) = (output.ToArray(), slope.ToArray());
        for (var i = 0; i < x.Length; i++)
        {
            Assert.Equal(ActivationReference.Value(activation, (double)x[i]), y[i], 3e-7 * Math.Max(1, Math.Abs(x[i])));
            Assert.Equal(ActivationReference.Derivative(activation, (double)x[i]), dy[i], 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Forward_SpecialValues_NaNStaysAndInfinityHolds(Activation activation)
    {
        float[] x = [float.NaN, 1000, -1000, float.PositiveInfinity, 0];
        var (output, slope) = (Poisoned(5), Poisoned(5));
        Ops.ActivationForward(output, Make(x, 5), activation);
        Ops.ActivationBackward(slope, Make([1, 1, 1, 1, 1], 5), Make(x, 5), activation);
        var (y, dy) = (output.ToArray(), slope.ToArray());
        Assert.True(float.IsNaN(y[0]));
        Assert.Equal(1000, y[1]);
        Assert.Equal(activation == Activation.None ? -1000 : 0, y[2]);
        Assert.Equal(float.PositiveInfinity, y[3]);
        Assert.Equal(0, y[4]);
        Assert.Equal(1, dy[1]);
        Assert.Equal(activation == Activation.None ? 1 : 0, dy[2]);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Gated_OddSizes_MatchesReferenceAlsoInPlace(Activation activation)
    {
        foreach (var (n, f) in ((int, int)[])[(1, 1), (7, 13), (130, 65), (3, 2048)])
        {
            var (gu, dy) = (NormalValues(2 * n * f, 2), NormalValues(n * f));
            var (output, dGateUp) = (Poisoned(n, f), Poisoned(n, 2 * f));
            var (gateUp, dOutput) = (Make(gu, n, 2 * f), Make(dy, n, f));
            Ops.GatedForward(output, gateUp, activation);
            Ops.GatedBackward(dGateUp, dOutput, gateUp, activation);
            var (y64, d64) = Gated(gu.Doubles(), dy.Doubles(), activation, n, f);
            var (y32, d32) = Gated(gu, dy, activation, n, f);
            Compare.Close("y", output.ToArray(), y64, y32, operandScale: 1);
            Compare.Close("dGateUp", dGateUp.ToArray(), d64, d32, operandScale: 1);
            Ops.GatedBackward(gateUp, dOutput, gateUp, activation);
            Assert.Equal(dGateUp.ToArray(), gateUp.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Reference_Derivatives_MatchCentralDifferences(Activation activation)
    {
        var x = NormalValues(24, 2).Doubles();
        Compare.CentralDifferences(
            "activation", v => Map(v, activation, false).Sum(), x, Map(x, activation, true));
        var (gu, dy) = (NormalValues(2 * 3 * 5).Doubles(), NormalValues(3 * 5).Doubles());
        var (_, gradient) = Gated(gu, dy, activation, 3, 5);
        Compare.CentralDifferences(
            "gated", v => Compare.Dot(dy, Gated(v, dy, activation, 3, 5).Y), gu, gradient);
    }

    [Fact]
    public void Activation_AnyThreadCount_SameBits() => RequireSameBits(() =>
    {
        const int Count = 70001;
        var (output, input, slope) = (Poisoned(Count), Normal(Count), Poisoned(Count));
        Ops.ActivationForward(output, input, Activation.GeluTanh);
        Ops.ActivationBackward(slope, input, input, Activation.GeluErf);
        var (gated, gateUp) = (Poisoned(77, 65), Normal(77, 130));
        Ops.GatedForward(gated, gateUp, Activation.Silu);
        Ops.GatedBackward(gateUp, gated, gateUp, Activation.Silu);
        return [output.ToArray(), slope.ToArray(), gated.ToArray(), gateUp.ToArray()];
    });

    [Fact]
    public void Activation_SecondCall_AllocatesNothing()
    {
        var (output, gateUp) = (Normal(64, 256), Normal(64, 512));
        RequireNoAllocation(() =>
        {
            Ops.ActivationForward(output, output, Activation.GeluTanh);
            Ops.ActivationBackward(output, output, output, Activation.Silu);
            Ops.GatedForward(output, gateUp, Activation.Silu);
            Ops.GatedBackward(gateUp, output, gateUp, Activation.Silu);
        });
    }

    [Fact]
    public void Activation_WrongOperand_SaysWhich()
    {
        var (x, small, tokens) = (Normal(4, 8), Normal(4, 4), Make([1, 2]));
        RequireError(
            "ActivationForward: output: expected F32 (32), got F32 (4, 4).",
            () => Ops.ActivationForward(small, x, Activation.Relu));
        RequireError(
            $"ActivationForward: input: expected {FloatTypes}, got {tokens}.",
            () => Ops.ActivationForward(x, tokens, Activation.Relu));
        RequireError(
            "ActivationBackward: dOutput: expected F32 (32), got F32 (4, 4).",
            () => Ops.ActivationBackward(x, small, x, Activation.Relu));
        RequireError(
            "GatedForward: gateUp: expected F32 (4, 16), got F32 (4, 4).",
            () => Ops.GatedForward(x, small, Activation.Silu));
        RequireError(
            "GatedBackward: dGateUp: expected F32 (4, 8), got F32 (4, 4).",
            () => Ops.GatedBackward(small, small, x, Activation.Silu));
    }

    private static TElement[] Map<TElement>(TElement[] x, Activation activation, bool derivative)
        where TElement : System.Numerics.IFloatingPointIeee754<TElement> =>
        Array.ConvertAll(x, value => derivative
            ? ActivationReference.Derivative(activation, value)
            : ActivationReference.Value(activation, value));

    private static (TElement[] Y, TElement[] D) Gated<TElement>(
        TElement[] gateUp, TElement[] dy, Activation activation, int n, int f)
        where TElement : System.Numerics.IFloatingPointIeee754<TElement>
    {
        var (y, d) = (new TElement[n * f], new TElement[2 * n * f]);
        for (var row = 0; row < n; row++)
        {
            for (var i = 0; i < f; i++)
            {
                var (g, u) = (gateUp[row * 2 * f + i], gateUp[row * 2 * f + f + i]);
                y[row * f + i] = ActivationReference.Value(activation, g) * u;
                d[row * 2 * f + i] = dy[row * f + i] * u * ActivationReference.Derivative(activation, g);
                d[row * 2 * f + f + i] = dy[row * f + i] * ActivationReference.Value(activation, g);
            }
        }

        return (y, d);
    }
}
