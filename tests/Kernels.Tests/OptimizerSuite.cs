using Inheritune.Kernels;

namespace Kernels.Tests;

public abstract class OptimizerSuite : RowsSuite
{
    [Theory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(4097)]
    [InlineData(300001)]
    public void GradientNorm_OddCounts_MatchesReference(int count)
    {
        var g = Values(count);
        var (norm, gradient) = (Poisoned(2), Put(g, count));
        var expected = Math.Sqrt(g.Doubles().Sum(x => x * x));
        Ops.GradientNorm(norm, gradient, (float)(expected / 4));
        Assert.Equal(expected, norm.ToArray()[0], 1e-6 * expected);
        Assert.Equal((float)(expected / 4) / (expected + 1e-6), norm.ToArray()[1], 1e-6);
        Ops.GradientNorm(norm, gradient, (float)(expected * 2));
        Assert.Equal(1, norm.ToArray()[1]);
        Ops.GradientNorm(norm, gradient, 0);
        Assert.Equal(1, norm.ToArray()[1]);
    }

    [Fact]
    public void GradientNorm_NonFiniteGradient_StaysVisible()
    {
        var norm = Poisoned(2);
        Ops.GradientNorm(norm, Put([1, float.NaN, 2], 3), 1);
        Assert.Equal([float.NaN, float.NaN], norm.ToArray());
        Ops.GradientNorm(norm, Put([1, float.PositiveInfinity, 2], 3), 1);
        Assert.Equal([float.PositiveInfinity, 0], norm.ToArray());
        Ops.GradientNorm(norm, Put([3e38f, 3e38f], 2), 1);
        Assert.Equal(float.PositiveInfinity, norm.ToArray()[0]);
        Ops.GradientNorm(norm, Put([3e30f, 4e30f], 2), 1);
        Assert.Equal(5e30, norm.ToArray()[0], 1e24 + 5e30 * Roundoff);
    }

    [Theory]
    [InlineData(1, 0.1)]
    [InlineData(13, 0)]
    [InlineData(9001, 0.1)]
    public void AdamW_TenSteps_MatchesReference(int count, double decay)
    {
        var w = NormalValues(count).Doubles();
        var (m, v) = (new double[count], new double[count]);
        var (weight, first, second) = (Make(Array.ConvertAll(w, x => (float)x), count), Normal(count), Normal(count));
        Ops.Fill(first, 0);
        Ops.Fill(second, 0);
        for (var t = 1; t <= 10; t++)
        {
            var g = Values(count);
            var (lr, clip) = (1e-2 / t, t % 2 == 0 ? 0.5f : 1f);
            var norm = Make([1f, clip], 2);
            var step = new AdamWStep(lr, 0.9, 0.95, 1e-8, decay, t);
            Ops.AdamW(weight, first, second, Put(g, count), norm, step);
            for (var i = 0; i < count; i++)
            {
                var gradient = clip * (double)g[i];
                m[i] = 0.9 * m[i] + 0.1 * gradient;
                v[i] = 0.95 * v[i] + 0.05 * gradient * gradient;
                var root = Math.Sqrt(v[i] / (1 - Math.Pow(0.95, t))) + 1e-8;
                w[i] = w[i] * (1 - lr * decay) - lr / (1 - Math.Pow(0.9, t)) * m[i] / root;
            }
        }

        var (w32, m32, v32) = (weight.ToArray(), first.ToArray(), second.ToArray());
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(w[i], w32[i], 2e-6 * (1 + Math.Abs(w[i])));
            Assert.Equal(m[i], m32[i], 1e-6);
            Assert.Equal(v[i], v32[i], 1e-6);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4099)]
    public void AdamW_WorkingCopy_IsTheMasterRoundedToNearest(int count)
    {
        if (!Ops.ComputesIn(DType.BF16))
        {
            return;
        }

        var (master, first, second, gradient) = (Normal(count), Normal(count), Normal(count), Draw(count));
        Ops.Fill(second, 0.5f);
        var copy = Poisoned(DType.BF16, count);
        Ops.AdamW(master, first, second, gradient, Make([1, 1], 2), Step, copy);
        Assert.Equal(Bf16.Rounded(DType.BF16, master.ToArray()), copy.Floats());
    }

    [Fact]
    public void AdamW_WithoutMaster_RoundsToANeighbourAndRightOnAverage()
    {
        const int Count = 40000;
        if (!Ops.ComputesIn(DType.BF16))
        {
            return;
        }

        // Every weight is 1 and moves by -0.1 of the distance 2⁻⁸ to the next one below.
        var (w, m, v, g) = (
            Make(DType.BF16, Enumerable.Repeat(1f, Count).ToArray(), Count), Make(new float[Count], Count),
            Make(new float[Count], Count), Put(Enumerable.Repeat(1f, Count).ToArray(), Count));
        var step = new AdamWStep(0.1 / 256, 0.9, 0.95, 1e-8, 0, 1, Seed: 7);
        Ops.AdamW(w, m, v, g, Make([1, 1], 2), step);
        var values = w.Floats();
        Assert.All(values, value => Assert.True(value is 1 or 1 - 1f / 256, $"{value}"));
        var share = values.Count(value => value < 1) / (double)Count;
        Assert.Equal(0.1, share, 5 * Math.Sqrt(0.1 * 0.9 / Count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(13)]
    public void AdamW_WithoutMaster_RoundsEachElementByItsPlaceAlone(int split)
    {
        const int Count = 1003;
        if (!Ops.ComputesIn(DType.BF16))
        {
            return;
        }

        var (w, m, v, g) = (NormalValues(Count), NormalValues(Count), new float[Count], Values(Count));
        Array.Fill(v, 0.5f);
        var expected = Rounds(w, m, v, g, 0, Step with { Seed = 3 });
        var (before, behind) = (
            Rounds(w[..split], m[..split], v[..split], g[..split], 0, Step with { Seed = 3 }),
            Rounds(w[split..], m[split..], v[split..], g[split..], split, Step with { Seed = 3 }));
        Assert.Equal(expected, before.Concat(behind));
        Assert.NotEqual(expected, Rounds(w, m, v, g, 0, Step with { Seed = 4 }));
        Assert.NotEqual(expected, Rounds(w, m, v, g, 8, Step with { Seed = 3 }));
    }

    [Fact]
    public void AdamW_OperandsAtOddAddresses_SameBits()
    {
        const int Count = 777;
        var (w, m, v, g) = (NormalValues(Count), NormalValues(Count), NormalValues(Count), Values(Count));
        var (weight, weight2) = (Make(w, Count), Make(w, Count));
        var (norm, square) = (Make([1, 0.5f], 2), Array.ConvertAll(v, x => x * x));
        Ops.AdamW(weight, Make(m, Count), Make(square, Count), Put(g, Count), norm, Step);
        Ops.AdamW(weight2, Make(m, Count), Make(square, Count), PutShifted(g, Count), norm, Step);
        Assert.Equal(weight.ToArray(), weight2.ToArray());
    }

    [Fact]
    public void AdamW_HalfPrecisionWhereTheDeviceHasNone_IsRefusedInWords()
    {
        if (Ops.ComputesIn(DType.BF16))
        {
            return;
        }

        var (w, narrow, norm) = (Normal(4), Guarded(DType.BF16, 4), Normal(2));
        var step = new AdamWStep(0.1, 0.9, 0.95, 1e-8, 0.1, 1);
        const string Text = "expected F32, got BF16 (4) on cpu. This device computes in f32: use --precision f32.";
        RequireError("AdamW: weight: " + Text, () => Ops.AdamW(narrow, w, w, w, norm, step));
        RequireError("AdamW: gradient: " + Text, () => Ops.AdamW(w, w, w, narrow, norm, step));
        RequireError("AdamW: copy: " + Text, () => Ops.AdamW(w, w, w, w, norm, step, narrow));
        RequireError("GradientNorm: gradient: " + Text, () => Ops.GradientNorm(norm, narrow, 1));
    }

    [Fact]
    public void AdamW_ZeroPadding_StaysZero()
    {
        var (w, m, v, g) = (Make(new float[20], 20), Make(new float[20], 20), Make(new float[20], 20), Make(new float[20], 20));
        Ops.AdamW(w, m, v, g, Make([0, 1], 2), new AdamWStep(1, 0.9, 0.95, 1e-8, 0.1, 1));
        Assert.All(w.ToArray(), value => Assert.Equal(0, value));
    }

    private static AdamWStep Step => new(0.1, 0.9, 0.95, 1e-8, 0.1, 3);

    private float[] Rounds(float[] w, float[] m, float[] v, float[] g, long first, in AdamWStep step)
    {
        if (w.Length == 0)
        {
            return [];
        }

        var weight = Make(DType.BF16, w, w.Length);
        Ops.AdamW(
            weight, Make(m, w.Length), Make(v, w.Length), Put(g, w.Length), Make([1, 1], 2),
            step with { FirstElement = first });
        return weight.Floats();
    }

    [Fact]
    public void Optimizer_AnyThreadCount_SameBits() => RequireSameBits(() =>
    {
        const int Count = 200003;
        var (w, m, v, g, norm) = (Normal(Count), Normal(Count), Normal(Count), Draw(Count), Poisoned(2));
        Ops.GradientNorm(norm, g, 1);
        Ops.Fill(v, 0.5f);
        Ops.AdamW(w, m, v, g, norm, new AdamWStep(0.1, 0.9, 0.95, 1e-8, 0.1, 3));
        return [norm.ToArray(), w.ToArray(), m.ToArray(), v.ToArray()];
    });

    [Fact]
    public void Optimizer_SecondCall_AllocatesNothing()
    {
        var (w, m, v, g, norm) = (Normal(70000), Normal(70000), Normal(70000), Draw(70000), Poisoned(2));
        RequireNoAllocation(() =>
        {
            Ops.GradientNorm(norm, g, 1);
            Ops.AdamW(w, m, v, g, norm, new AdamWStep(0.1, 0.9, 0.95, 1e-8, 0.1, 3));
        });
    }

    [Fact]
    public void Optimizer_WrongOperand_SaysWhich()
    {
        var (w, norm, small) = (Normal(8), Normal(2), Normal(4));
        var step = new AdamWStep(0.1, 0.9, 0.95, 1e-8, 0.1, 1);
        RequireError("GradientNorm: norm: expected F32 (2), got F32 (4).", () => Ops.GradientNorm(small, w, 1));
        RequireError("AdamW: firstMoment: expected F32 (8), got F32 (4).", () => Ops.AdamW(w, small, w, w, norm, step));
        RequireError("AdamW: secondMoment: expected F32 (8), got F32 (4).", () => Ops.AdamW(w, w, small, w, norm, step));
        RequireError("AdamW: gradient: expected F32 (8), got F32 (4).", () => Ops.AdamW(w, w, w, small, norm, step));
        RequireError("AdamW: norm: expected F32 (2), got F32 (4).", () => Ops.AdamW(w, w, w, w, small, step));
        RequireError(
            "AdamW: step: expected 1 or more, got 0.", () => Ops.AdamW(w, w, w, w, norm, step with { Step = 0 }));
        RequireError(
            "AdamW: firstElement: expected 0 or more, got -1.",
            () => Ops.AdamW(w, w, w, w, norm, step with { FirstElement = -1 }));
    }
}
