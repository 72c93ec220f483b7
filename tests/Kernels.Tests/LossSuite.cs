using Inheritune.Kernels;
using Kernels.Tests.Reference;

namespace Kernels.Tests;

public abstract class LossSuite : RowsSuite
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 13)]
    [InlineData(130, 65)]
    [InlineData(33, 4099)]
    [InlineData(3, 50257)]
    public void CrossEntropy_OddSizes_MatchesReference(int n, int v)
    {
        const float Scale = 0.25f;
        var z = Values((long)n * v, 3);
        var targets = Targets(n, v);
        var (losses, losses2, logits) = (Poisoned(n), Poisoned(n), Put(z, n, v));
        Ops.CrossEntropyForward(losses, logits, Make(targets));
        Assert.Equal(z, logits.Floats());
        Ops.CrossEntropyForwardBackward(losses2, logits, Make(targets), Scale);

        var reference = LossReference.CrossEntropy(z.Doubles(), targets, v, Scale);
        var naive = LossReference.CrossEntropy(z, targets, v, Scale);
        Compare.Close("loss", losses.ToArray(), reference.Losses, naive.Losses, operandScale: 3);
        Close("gradient", logits, reference.Gradient, naive.Gradient, operandScale: 1e-6);
        Compare.Close("loss with gradient", losses2.ToArray(), reference.Losses, naive.Losses, operandScale: 3);
    }

    [Fact]
    public void CrossEntropy_GradientOfARow_SumsToZero()
    {
        const int V = 50257;
        var logits = Put(NormalValues(V, 2), 1, V);
        Ops.CrossEntropyForwardBackward(Poisoned(1), logits, Make([17]), 1);
        Assert.Equal(0, logits.Floats().Doubles().Sum(), 2e-6 + Roundoff);
    }

    [Fact]
    public void CrossEntropy_IgnoredTarget_LossAndGradientAreZero()
    {
        var (losses, logits) = (Poisoned(3), Draw(3, 13));
        Ops.CrossEntropyForwardBackward(losses, logits, Make([5, Ops.IgnoredTarget, 2]), 1);
        Assert.Equal(0, losses.ToArray()[1]);
        Assert.All(logits.Floats()[13..26], value => Assert.Equal(0, value));
        Assert.All(logits.Floats()[..13], value => Assert.NotEqual(0, value));
    }

    [Fact]
    public void CrossEntropy_LargeLogits_StaysFinite()
    {
        var (losses, logits) = (Poisoned(2), Put([1e4f, 0, -1e4f, -3e38f, 0, 3e38f], 2, 3));
        Ops.CrossEntropyForwardBackward(losses, logits, Make([0, 2]), 1);
        Assert.Equal([0f, 0f], losses.ToArray());
        Assert.Equal([0f, 0f, 0f, 0f, 0f, 0f], logits.Floats());
    }

    /// <summary>Columns that the last of 32 warps holds, at 4 and at 8 elements a thread; and the very last ones.</summary>
    [Theory]
    [InlineData(4000)]
    [InlineData(8000)]
    [InlineData(50256)]
    public void CrossEntropy_LargestLogitAnywhere_IsFoundBeforeTheExponentials(int where)
    {
        const int V = 50257;
        var z = new float[V];
        z[where] = 256;
        var (losses, logits) = (Poisoned(1), Put(z, 1, V));
        Ops.CrossEntropyForwardBackward(losses, logits, Make([where]), 1);
        Assert.Equal([0f], losses.ToArray());
        Assert.Equal(0f, logits.Floats()[where]);
    }

    [Fact]
    public void CrossEntropy_MaskedLogit_GetsNoProbability()
    {
        var (losses, logits) = (Poisoned(1), Put([0, float.NegativeInfinity, 0], 1, 3));
        Ops.CrossEntropyForwardBackward(losses, logits, Make([0]), 1);
        Assert.Equal(Math.Log(2), losses.ToArray()[0], 1e-7);
        Assert.Equal([-0.5f, 0f, 0.5f], logits.Floats());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(69)]
    public void CrossEntropy_NaNLogit_ShowsInTheLoss(int where)
    {
        var z = NormalValues(70);
        z[where] = float.NaN;
        var losses = Poisoned(1);
        Ops.Fill(losses, 0);
        Ops.CrossEntropyForward(losses, Put(z, 1, 70), Make([3]));
        Assert.True(float.IsNaN(losses.ToArray()[0]));
    }

    [Fact]
    public void Reference_CrossEntropy_MatchesCentralDifferences()
    {
        const int N = 4, V = 13;
        var (z, targets) = (NormalValues(N * V).Doubles(), Targets(N, V));
        var (_, gradient) = LossReference.CrossEntropy(z, targets, V, 0.7);
        Compare.CentralDifferences(
            "logits", x => 0.7 * LossReference.CrossEntropy(x, targets, V, 0.7).Losses.Sum(), z, gradient);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(4097)]
    [InlineData(300001)]
    public void Sum_OddCounts_MatchesReference(int count)
    {
        var x = NormalValues(count, 1, 3);
        var sum = Poisoned(1);
        Ops.Sum(sum, Make(x, count), 0.5f, accumulate: false);
        var expected = 0.5 * x.Doubles().Sum();
        Assert.Equal(expected, sum.ToArray()[0], 1e-7 * Math.Abs(expected));
        Ops.Sum(sum, Make(x, count), 0.5f, accumulate: true);
        Assert.Equal(2 * expected, sum.ToArray()[0], 4e-7 * Math.Abs(expected));
    }

    [Fact]
    public void Loss_AnyThreadCount_SameBits() => RequireSameBits(() =>
    {
        var (losses, logits, sum) = (Poisoned(33), Draw(33, 4099), Poisoned(1));
        Ops.CrossEntropyForwardBackward(losses, logits, Make(Targets(33, 4099)), 0.1f);
        Ops.Sum(sum, losses, 1, false);
        return [losses.ToArray(), logits.Floats(), sum.ToArray()];
    });

    [Fact]
    public void Loss_SecondCall_AllocatesNothing()
    {
        var (losses, logits, targets, sum) = (Poisoned(64), Draw(64, 500), Make(Targets(64, 500)), Poisoned(1));
        RequireNoAllocation(() =>
        {
            Ops.CrossEntropyForward(losses, logits, targets);
            Ops.CrossEntropyForwardBackward(losses, logits, targets, 0.1f);
            Ops.Sum(sum, losses, 1, false);
        });
    }

    [Fact]
    public void Loss_WrongOperand_SaysWhich()
    {
        var (losses, logits, targets) = (Normal(4), Normal(4, 8), Make([0, 1, 2, 3]));
        RequireError(
            "CrossEntropyForward: losses: expected F32 (4), got F32 (4, 8).",
            () => Ops.CrossEntropyForward(logits, logits, targets));
        RequireError(
            "CrossEntropyForwardBackward: targets: expected I32 (4), got F32 (4).",
            () => Ops.CrossEntropyForwardBackward(losses, logits, losses, 1));
        RequireError(
            "CrossEntropyForward: logits: expected F32 (1, 4), got F32 (4).",
            () => Ops.CrossEntropyForward(losses, losses, targets));
        RequireError("Sum: sum: expected F32 (1), got F32 (4).", () => Ops.Sum(losses, logits, 1, false));
        RequireError("Sum: input: expected F32 (4), got I32 (4).", () => Ops.Sum(losses, targets, 1, false));
    }

    [Theory]
    [InlineData(5, 13, 11)]
    [InlineData(33, 640, 503)]
    [InlineData(2, 4104, 4097)]
    public void CrossEntropy_PaddedVocabulary_EqualsTheFirstColumns(int n, int columns, int v)
    {
        const float Scale = 0.25f;
        var z = Values((long)n * v, 3);
        var targets = Targets(n, v);
        var padded = new float[n * columns];
        Array.Fill(padded, float.NaN);
        for (var i = 0; i < z.Length; i++)
        {
            padded[i / v * columns + i % v] = z[i];
        }

        var (losses, logits) = (Poisoned(n), Put(z, n, v));
        var (losses2, losses3, logits2) = (Poisoned(n), Poisoned(n), Put(padded, n, columns));
        Ops.CrossEntropyForwardBackward(losses, logits, Make(targets), Scale);
        Ops.CrossEntropyForward(losses2, logits2, Make(targets), v);
        Ops.CrossEntropyForwardBackward(losses3, logits2, Make(targets), Scale, v);
        var (expected, actual) = (logits.Floats(), logits2.Floats());
        Compare.Close("loss", losses2.ToArray(), losses.ToArray().Doubles(), losses.ToArray());
        Assert.Equal(losses2.ToArray(), losses3.ToArray());
        for (var i = 0; i < actual.Length; i++)
        {
            var column = i % columns;
            var wanted = column < v ? expected[i / columns * v + column] : 0;
            Assert.Equal(wanted, actual[i], 1e-7 + Roundoff * Math.Abs(wanted));
        }
    }

    [Theory]
    [InlineData(4, 7, 7, 7, 2.0, 0.5)]
    [InlineData(9, 65, 40, 51, 1.5, 0.7)]
    [InlineData(5, 503, 503, 503, 1, 0.4)]
    [InlineData(3, 4100, 4097, 4200, 4, 1)]
    public void Distillation_OddSizes_MatchesReference(
        int n, int v, int shared, int teacherColumns, double temperature, double alpha)
    {
        const double Scale = 0.125;
        var (z, teacher) = (Values((long)n * v, 2), Values((long)n * teacherColumns, 2));
        var targets = Targets(n, v);
        var (losses, divergences, logits) = (Poisoned(n), Poisoned(n), Put(z, n, v));
        var terms = new DistillationTerms(temperature, alpha, Scale, shared);
        Ops.DistillationForwardBackward(
            losses, divergences, logits, Put(teacher, n, teacherColumns), Make(targets), terms);

        var reference = LossReference.Distillation(z.Doubles(), teacher.Doubles(), targets, v, terms);
        var naive = LossReference.Distillation(z, teacher, targets, v, terms);
        Compare.Close("loss", losses.ToArray(), reference.Losses, naive.Losses, operandScale: 3);
        Compare.Close("divergence", divergences.ToArray(), reference.Divergences, naive.Divergences, operandScale: 3);
        Close("gradient", logits, reference.Gradient, naive.Gradient, operandScale: 1e-6);
    }

    [Fact]
    public void Distillation_TeacherIsStudent_DivergenceIsZero()
    {
        const int N = 3, V = 503;
        var z = Values(N * V, 3);
        var (losses, divergences, logits) = (Poisoned(N), Poisoned(N), Put(z, N, V));
        Ops.DistillationForwardBackward(
            losses, divergences, logits, Put(z, N, V), Make(Targets(N, V)), new DistillationTerms(2, 1, 1));
        Assert.All(divergences.ToArray(), value => Assert.Equal(0, value));
        Assert.All(logits.Floats(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Reference_Distillation_MatchesCentralDifferences()
    {
        const int N = 4, V = 11;
        var (z, teacher, targets) = (NormalValues(N * V).Doubles(), NormalValues(N * V).Doubles(), Targets(N, V));
        var terms = new DistillationTerms(1.7, 0.3, 0.7, 9);
        var (_, _, gradient) = LossReference.Distillation(z, teacher, targets, V, terms);
        double Loss(double[] x)
        {
            var (losses, divergences, _) = LossReference.Distillation(x, teacher, targets, V, terms);
            return terms.Scale * ((1 - terms.Alpha) * losses.Sum() + terms.Alpha * divergences.Sum());
        }

        Compare.CentralDifferences("logits", Loss, z, gradient);
    }

    [Fact]
    public void Distillation_WrongOperands_AreNamed()
    {
        var (losses, logits, targets) = (Normal(4), Draw(4, 8), Make([0, 1, 2, 3]));
        RequireError(
            $"DistillationForwardBackward: teacher: expected {Element} (4, 6), got {Element} (3, 6).",
            () => Ops.DistillationForwardBackward(
                losses, losses, logits, Draw(3, 6), targets, new DistillationTerms(1, 0.5, 1)));
        RequireError(
            "DistillationForwardBackward: shared: expected 1 to 6, the columns of student and teacher, got 8.",
            () => Ops.DistillationForwardBackward(
                losses, losses, logits, Draw(4, 6), targets, new DistillationTerms(1, 0.5, 1)));
        RequireError(
            "DistillationForwardBackward: expected a temperature above 0 and alpha in 0..1, got 0 and 0.5.",
            () => Ops.DistillationForwardBackward(
                losses, losses, logits, logits, targets, new DistillationTerms(0, 0.5, 1)));
        RequireError(
            "CrossEntropyForward: vocabulary: expected 0 (all columns) to 8, got 9.",
            () => Ops.CrossEntropyForward(losses, logits, targets, 9));
    }

    private int[] Targets(int n, int v)
    {
        var targets = new int[n];
        for (var i = 0; i < n; i++)
        {
            targets[i] = i % 5 == 3 ? Ops.IgnoredTarget : Random.Next(v);
        }

        targets[0] = v - 1;
        return targets;
    }
}
