using Inheritune.Kernels;
using Kernels.Tests.Reference;

namespace Kernels.Tests;

public abstract class NormSuite : DeviceSuite
{
    private const float Eps = 1e-5f;

    public static TheoryData<int, int, bool, bool> Sizes()
    {
        var data = new TheoryData<int, int, bool, bool>();
        foreach (var n in (int[])[1, 7, 130])
        {
            foreach (var c in (int[])[1, 3, 13, 65, 768])
            {
                data.Add(n, c, true, c != 13);
                data.Add(n, c, false, c != 65);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Forward_OddSizes_MatchesReference(int n, int c, bool isCentred, bool hasParameters)
    {
        var (x, w, b) = (NormalValues(n * c, 2, 0.5), NormalValues(c), NormalValues(c));
        var (output, mean, rstd) = (Poisoned(n, c), Poisoned(n), Poisoned(n));
        var (weight, bias) = hasParameters ? (Make(w, c), Make(b, c)) : (null, null);
        var input = Make(x, n, c);
        if (isCentred)
        {
            Ops.LayerNormForward(output, mean, rstd, input, weight, bias, Eps);
        }
        else
        {
            Ops.RmsNormForward(output, rstd, input, weight, Eps);
        }

        var (dw, db) = hasParameters ? (w.Doubles(), isCentred ? b.Doubles() : null) : (null, null);
        var (fw, fb) = hasParameters ? (w, isCentred ? b : null) : (null, null);
        var reference = NormReference.Forward(x.Doubles(), dw, db, n, c, Eps, isCentred);
        var naive = NormReference.Forward(x, fw, fb, n, c, Eps, isCentred);

        // A row of one element is its own mean: the reference is exactly b there, and so is the result.
        Compare.Close("y", output.ToArray(), reference.Y, naive.Y, 8, 1);
        Compare.Close("rstd", rstd.ToArray(), reference.Rstd, naive.Rstd);
        Assert.Equal(x, input.ToArray());
        if (isCentred)
        {
            Compare.Close("mean", mean.ToArray(), reference.Mean, naive.Mean, 8, 2);
        }
    }

    [Theory]
    [InlineData(7, 65, true, false)]
    [InlineData(7, 65, false, true)]
    [InlineData(130, 768, true, true)]
    [InlineData(130, 768, false, false)]
    public void ResidualForward_AliasedOrNot_EqualsAddThenNorm(int n, int c, bool isCentred, bool inPlace)
    {
        var (input, delta, weight, bias) = (Normal(n, c), Normal(n, c), Normal(c), Normal(c));
        var (sum, expected, actual) = (Poisoned(n, c), Poisoned(n, c), Poisoned(n, c));
        var (mean, rstd, mean2, rstd2) = (Poisoned(n), Poisoned(n), Poisoned(n), Poisoned(n));
        Ops.Copy(sum, input);
        Ops.Add(sum, delta);
        var residual = inPlace ? input : Poisoned(n, c);
        if (isCentred)
        {
            Ops.LayerNormForward(expected, mean, rstd, sum, weight, bias, Eps);
            Ops.ResidualLayerNormForward(actual, mean2, rstd2, residual, input, delta, weight, bias, Eps);
            Assert.Equal(mean.ToArray(), mean2.ToArray());
        }
        else
        {
            Ops.RmsNormForward(expected, rstd, sum, weight, Eps);
            Ops.ResidualRmsNormForward(actual, rstd2, residual, input, delta, weight, Eps);
        }

        Assert.Equal(sum.ToArray(), residual.ToArray());
        Assert.Equal(expected.ToArray(), actual.ToArray());
        Assert.Equal(rstd.ToArray(), rstd2.ToArray());
        Assert.DoesNotContain(float.NaN, actual.ToArray());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Backward_OddSizes_MatchesReference(int n, int c, bool isCentred, bool hasParameters)
    {
        var (x, w, dy) = (NormalValues(n * c, 2, 0.5), NormalValues(c), NormalValues(n * c));
        var weight = hasParameters ? Make(w, c) : null;
        var (dInput, dWeight, dBias) = (Poisoned(n, c), Poisoned(c), Poisoned(c));
        Run(dInput, dWeight, dBias, Make(dy, n, c), Make(x, n, c), weight, isCentred, false, false);

        var reference = NormReference.Backward(
            dy.Doubles(), x.Doubles(), hasParameters ? w.Doubles() : null, n, c, Eps, isCentred);
        var naive = NormReference.Backward(dy, x, hasParameters ? w : null, n, c, Eps, isCentred);

        // With one column dx is a difference of equals: what remains is rounding of dy · rstd.
        if (c > 1)
        {
            Compare.Close("dx", dInput.ToArray(), reference.Dx, naive.Dx, 16, NormReference.Forward(x.Doubles(), null, null, n, c, Eps, isCentred).Rstd.Max());
        }

        Compare.Close("dw", dWeight.ToArray(), reference.Dw, naive.Dw, 16, 1);
        if (isCentred)
        {
            Compare.Close("db", dBias.ToArray(), reference.Db, naive.Db, 8, 1);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Backward_Accumulate_AddsToWhatIsThere(bool isCentred)
    {
        const int N = 37, C = 65;
        var (dOutput, input, weight) = (Normal(N, C), Normal(N, C), Normal(C));
        var (dx, dw, db) = (Poisoned(N, C), Poisoned(C), Poisoned(C));
        Run(dx, dw, db, dOutput, input, weight, isCentred, false, false);
        var (dx0, dw0, db0) = (NormalValues(N * C), NormalValues(C), NormalValues(C));
        var (dx2, dw2, db2) = (Make(dx0, N, C), Make(dw0, C), Make(db0, C));
        Run(dx2, dw2, db2, dOutput, input, weight, isCentred, true, true);
        RequireSum(dx2, dx, dx0);
        RequireSum(dw2, dw, dw0);
        if (isCentred)
        {
            RequireSum(db2, db, db0);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Backward_InPlaceOfOutputGradient_SameBits(bool isCentred)
    {
        const int N = 19, C = 67;
        var (dOutput, input, weight) = (Normal(N, C), Normal(N, C), Normal(C));
        var (dx, dw, dw2) = (Poisoned(N, C), Poisoned(C), Poisoned(C));
        Run(dx, dw, null, dOutput, input, weight, isCentred, false, false);
        Run(dOutput, dw2, null, dOutput, input, weight, isCentred, false, false);
        Assert.Equal(dx.ToArray(), dOutput.ToArray());
        Assert.Equal(dw.ToArray(), dw2.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reference_Backward_MatchesCentralDifferences(bool isCentred)
    {
        const int N = 3, C = 13;
        var (x, w, b) = (NormalValues(N * C).Doubles(), NormalValues(C).Doubles(), NormalValues(C).Doubles());
        var dy = NormalValues(N * C).Doubles();
        var (dx, dw, db) = NormReference.Backward(dy, x, w, N, C, Eps, isCentred);
        double Loss(double[] unused) => Compare.Dot(dy, NormReference.Forward(x, w, b, N, C, Eps, isCentred).Y);
        Compare.CentralDifferences("dx", Loss, x, dx);
        Compare.CentralDifferences("dw", Loss, w, dw);
        Compare.CentralDifferences("db", Loss, b, db);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Norm_AnyThreadCount_SameBits(bool isCentred) => RequireSameBits(() =>
    {
        const int N = 333, C = 65;
        var (input, dOutput, weight) = (Normal(N, C), Normal(N, C), Normal(C));
        var (output, mean, rstd) = (Poisoned(N, C), Poisoned(N), Poisoned(N));
        if (isCentred)
        {
            Ops.LayerNormForward(output, mean, rstd, input, weight, null, Eps);
        }
        else
        {
            Ops.RmsNormForward(output, rstd, input, weight, Eps);
        }

        var (dx, dw, db) = (Poisoned(N, C), Poisoned(C), Poisoned(C));
        Run(dx, dw, db, dOutput, input, weight, isCentred, false, false);
        return [output.ToArray(), mean.ToArray(), rstd.ToArray(), dx.ToArray(), dw.ToArray(), db.ToArray()];
    });

    [Fact]
    public void Norm_SecondCall_AllocatesNothing()
    {
        const int N = 64, C = 768;
        var (input, delta, weight, bias) = (Normal(N, C), Normal(N, C), Normal(C), Normal(C));
        var (output, mean, rstd, residual) = (Poisoned(N, C), Poisoned(N), Poisoned(N), Poisoned(N, C));
        var (dw, db) = (Poisoned(C), Poisoned(C));
        RequireNoAllocation(() =>
        {
            Ops.ResidualLayerNormForward(output, mean, rstd, residual, input, delta, weight, bias, Eps);
            Ops.LayerNormBackward(output, dw, db, delta, input, mean, rstd, weight, false, true);
            Ops.RmsNormForward(output, rstd, input, weight, Eps);
            Ops.RmsNormBackward(output, dw, delta, input, rstd, weight, true, false);
        });
    }

    [Fact]
    public void Norm_WrongOperand_SaysWhich()
    {
        var (x, v, row, integers) = (Normal(4, 8), Normal(4), Normal(8), Guarded(DType.I32, 4, 8));
        RequireError(
            "LayerNormForward: weight: expected F32 (8), got F32 (4).",
            () => Ops.LayerNormForward(x, v, v, x, v, null, Eps));
        RequireError(
            "LayerNormForward: bias: expected F32 (8), got F32 (4, 8).",
            () => Ops.LayerNormForward(x, v, v, x, row, x, Eps));
        RequireError(
            "LayerNormForward: mean: expected F32 (4), got F32 (8).",
            () => Ops.LayerNormForward(x, row, v, x, row, null, Eps));
        RequireError(
            "ResidualLayerNormForward: delta: expected F32 (4, 8), got F32 (8).",
            () => Ops.ResidualLayerNormForward(x, v, v, x, x, row, null, null, Eps));
        RequireError(
            $"RmsNormForward: input: expected {FloatTypes}, got {integers}.",
            () => Ops.RmsNormForward(x, v, integers, row, Eps));
        RequireError(
            "ResidualRmsNormForward: residual: expected F32 (4, 8), got F32 (4, 4).",
            () => Ops.ResidualRmsNormForward(x, v, Normal(4, 4), x, x, row, Eps));
        RequireError(
            "RmsNormBackward: weight: expected F32 (8), got F32 (4).",
            () => Ops.RmsNormBackward(x, v, x, x, v, row, false, false));
        RequireError(
            "LayerNormBackward: rstd: expected F32 (4), got F32 (8).",
            () => Ops.LayerNormBackward(x, row, row, x, x, v, row, row, false, false));
    }

    private void Run(
        Tensor dInput, Tensor dWeight, Tensor? dBias, Tensor dOutput, Tensor input, Tensor? weight, bool isCentred,
        bool accumulateInput, bool accumulateParameters)
    {
        var (n, c) = (input.Shape.Rows, input.Shape.Columns);
        var (output, mean, rstd) = (Poisoned(n, c), Poisoned(n), Poisoned(n));
        if (isCentred)
        {
            Ops.LayerNormForward(output, mean, rstd, input, weight, null, Eps);
            Ops.LayerNormBackward(
                dInput, dWeight, dBias, dOutput, input, mean, rstd, weight, accumulateInput, accumulateParameters);
        }
        else
        {
            Ops.RmsNormForward(output, rstd, input, weight, Eps);
            Ops.RmsNormBackward(
                dInput, dWeight, dOutput, input, rstd, weight, accumulateInput, accumulateParameters);
        }
    }

    private static void RequireSum(Tensor actual, Tensor part, float[] before)
    {
        var (sum, first) = (actual.ToArray(), part.ToArray());
        for (var i = 0; i < sum.Length; i++)
        {
            Assert.Equal(first[i] + before[i], sum[i], 1e-4);
        }
    }
}
