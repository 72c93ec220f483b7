using Inheritune.Kernels;
using Kernels.Tests.Reference;

namespace Kernels.Tests;

public abstract class ActivationSuite : RowsSuite
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
        var x = Values(count, 3);
        var (output, input) = (Empty(count), Put(x, count));
        Ops.ActivationForward(output, input, activation);
        Close(
            "y", output, Map(x.Doubles(), activation, false), Map(x, activation, false),
            operandScale: x.Max(Math.Abs));
    }

    [Theory]
    [MemberData(nameof(FunctionsAndCounts))]
    public void Backward_OddCounts_MatchesReferenceAlsoInPlace(Activation activation, int count)
    {
        var (x, dy) = (Values(count, 3), Values(count));
        var (dInput, dOutput, input) = (Empty(count), Put(dy, count), Put(x, count));
        Ops.ActivationBackward(dInput, dOutput, input, activation);
        var (reference, naive) = (Map(x.Doubles(), activation, true), Map(x, activation, true));
        for (var i = 0; i < count; i++)
        {
            (reference[i], naive[i]) = (reference[i] * dy[i], naive[i] * dy[i]);
        }

        Close("dx", dInput, reference, naive, operandScale: dy.Max(Math.Abs));
        Ops.ActivationBackward(dOutput, dOutput, input, activation);
        Assert.Equal(dInput.Floats(), dOutput.Floats());
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Forward_WideRange_CloseEverywhere(Activation activation)
    {
        var x = new float[20001];
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = Rounded((i - 10000) * 2e-3f);
        }

        var (output, slope) = (Empty(x.Length), Empty(x.Length));
        var ones = new float[x.Length];
        Array.Fill(ones, 1f);
        Ops.ActivationForward(output, Put(x, x.Length), activation);
        Ops.ActivationBackward(slope, Put(ones, x.Length), Put(x, x.Length), activation);
        var (y, dy) = (output.Floats(), slope.Floats());
        for (var i = 0; i < x.Length; i++)
        {
            var value = ActivationReference.Value(activation, (double)x[i]);
            var derivative = ActivationReference.Derivative(activation, (double)x[i]);
            Assert.Equal(value, y[i], 3e-7 * Math.Max(1, Math.Abs(x[i])) + Roundoff * Math.Abs(value));
            Assert.Equal(derivative, dy[i], 1e-6 + Roundoff * Math.Abs(derivative));
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Forward_SpecialValues_NaNStaysAndInfinityHolds(Activation activation)
    {
        float[] x = [float.NaN, 1000, -1000, float.PositiveInfinity, 0];
        var (output, slope) = (Empty(5), Empty(5));
        Ops.ActivationForward(output, Put(x, 5), activation);
        Ops.ActivationBackward(slope, Put([1, 1, 1, 1, 1], 5), Put(x, 5), activation);
        var (y, dy) = (output.Floats(), slope.Floats());
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
            var (gu, dy) = (Values(2 * n * f, 2), Values(n * f));
            var (output, dGateUp) = (Empty(n, f), Empty(n, 2 * f));
            var (gateUp, dOutput) = (Put(gu, n, 2 * f), Put(dy, n, f));
            Ops.GatedForward(output, gateUp, activation);
            Ops.GatedBackward(dGateUp, dOutput, gateUp, activation);
            var (y64, d64) = Gated(gu.Doubles(), dy.Doubles(), activation, n, f);
            var (y32, d32) = Gated(gu, dy, activation, n, f);
            Close("y", output, y64, y32, operandScale: 1);
            Close("dGateUp", dGateUp, d64, d32, operandScale: 1);
            Ops.GatedBackward(gateUp, dOutput, gateUp, activation);
            Assert.Equal(dGateUp.Floats(), gateUp.Floats());
        }
    }

    [Fact]
    public void Activation_OperandsAtOddAddresses_SameBits()
    {
        const int N = 5, F = 40;
        var (x, dy) = (Values(N * 2 * F), Values(N * 2 * F));
        var (y, dx, gated) = (Empty(N, 2 * F), Empty(N, 2 * F), Empty(N, F));
        var (y2, dx2, gated2) = (
            PutShifted(x, N, 2 * F), PutShifted(x, N, 2 * F), PutShifted(x[..(N * F)], N, F));
        Ops.ActivationForward(y, Put(x, N, 2 * F), Activation.Silu);
        Ops.ActivationForward(y2, PutShifted(x, N, 2 * F), Activation.Silu);
        Assert.Equal(y.Floats(), y2.Floats());
        Ops.ActivationBackward(dx, Put(dy, N, 2 * F), Put(x, N, 2 * F), Activation.Silu);
        Ops.ActivationBackward(dx2, PutShifted(dy, N, 2 * F), Put(x, N, 2 * F), Activation.Silu);
        Assert.Equal(dx.Floats(), dx2.Floats());
        Ops.GatedForward(gated, Put(x, N, 2 * F), Activation.Silu);
        Ops.GatedForward(gated2, PutShifted(x, N, 2 * F), Activation.Silu);
        Assert.Equal(gated.Floats(), gated2.Floats());
        Ops.GatedBackward(dx, gated, Put(x, N, 2 * F), Activation.Silu);
        Ops.GatedBackward(dx2, gated2, PutShifted(x, N, 2 * F), Activation.Silu);
        Assert.Equal(dx.Floats(), dx2.Floats());
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
        var (output, input, slope) = (Empty(Count), Draw(Count), Empty(Count));
        Ops.ActivationForward(output, input, Activation.GeluTanh);
        Ops.ActivationBackward(slope, input, input, Activation.GeluErf);
        var (gated, gateUp) = (Empty(77, 65), Draw(77, 130));
        Ops.GatedForward(gated, gateUp, Activation.Silu);
        Ops.GatedBackward(gateUp, gated, gateUp, Activation.Silu);
        return [output.Floats(), slope.Floats(), gated.Floats(), gateUp.Floats()];
    });

    [Fact]
    public void Activation_SecondCall_AllocatesNothing()
    {
        var (output, gateUp) = (Draw(64, 256), Draw(64, 512));
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
        var (x, small, tokens) = (Draw(4, 8), Draw(4, 4), Make([1, 2]));
        RequireError(
            $"ActivationForward: output: expected {Element} (32), got {Element} (4, 4).",
            () => Ops.ActivationForward(small, x, Activation.Relu));
        RequireError(
            $"ActivationForward: input: expected {FloatTypes}, got {tokens}.",
            () => Ops.ActivationForward(x, tokens, Activation.Relu));
        RequireError(
            $"ActivationBackward: dOutput: expected {Element} (32), got {Element} (4, 4).",
            () => Ops.ActivationBackward(x, small, x, Activation.Relu));
        RequireError(
            $"GatedForward: gateUp: expected {Element} (4, 16), got {Element} (4, 4).",
            () => Ops.GatedForward(x, small, Activation.Silu));
        RequireError(
            $"GatedBackward: dGateUp: expected {Element} (4, 8), got {Element} (4, 4).",
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
