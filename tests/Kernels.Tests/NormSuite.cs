using Inheritune.Kernels;
using Kernels.Tests.Reference;

namespace Kernels.Tests;

public abstract class NormSuite : RowsSuite
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

        foreach (var (n, c) in ((int, int)[])[(7, 1100), (9, 2056)])
        {
            data.Add(n, c, true, true);
            data.Add(n, c, false, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Forward_OddSizes_MatchesReference(int n, int c, bool isCentred, bool hasParameters)
    {
        var (x, w, b) = (Values(n * c, 2, 0.5), Values(c), Values(c));
        var (output, mean, rstd) = (Empty(n, c), Poisoned(n), Poisoned(n));
        var (weight, bias) = hasParameters ? (Put(w, c), Put(b, c)) : (null, null);
        var input = Put(x, n, c);
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
        Close("y", output, reference.Y, naive.Y, 8, 1);
        Compare.Close("rstd", rstd.ToArray(), reference.Rstd, naive.Rstd);
        Assert.Equal(x, input.Floats());
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
        var (input, delta, weight, bias) = (Draw(n, c), Draw(n, c), Draw(c), Draw(c));
        var (sum, expected, actual) = (Empty(n, c), Empty(n, c), Empty(n, c));
        var (mean, rstd, mean2, rstd2) = (Poisoned(n), Poisoned(n), Poisoned(n), Poisoned(n));
        Ops.Copy(sum, input);
        Ops.Add(sum, delta);
        var residual = inPlace ? input : Empty(n, c);
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

        Assert.Equal(sum.Floats(), residual.Floats());
        Assert.Equal(expected.Floats(), actual.Floats());
        Assert.Equal(rstd.ToArray(), rstd2.ToArray());
        Assert.DoesNotContain(float.NaN, actual.Floats());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Backward_OddSizes_MatchesReference(int n, int c, bool isCentred, bool hasParameters)
    {
        var (x, w, dy) = (Values(n * c, 2, 0.5), Values(c), Values(n * c));
        var weight = hasParameters ? Put(w, c) : null;
        var (dInput, dWeight, dBias) = (Empty(n, c), Empty(c), Empty(c));
        Run(dInput, dWeight, dBias, Put(dy, n, c), Put(x, n, c), weight, isCentred, false, false);

        var reference = NormReference.Backward(
            dy.Doubles(), x.Doubles(), hasParameters ? w.Doubles() : null, n, c, Eps, isCentred);
        var naive = NormReference.Backward(dy, x, hasParameters ? w : null, n, c, Eps, isCentred);

        // With one column dx is a difference of equals: what remains is rounding of dy · rstd.
        if (c > 1)
        {
            Close(
                "dx", dInput, reference.Dx, naive.Dx, 16,
                NormReference.Forward(x.Doubles(), null, null, n, c, Eps, isCentred).Rstd.Max());
        }

        Close("dw", dWeight, reference.Dw, naive.Dw, 16, 1);
        if (isCentred)
        {
            Close("db", dBias, reference.Db, naive.Db, 8, 1);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Backward_Accumulate_AddsToWhatIsThere(bool isCentred)
    {
        const int N = 37, C = 65;
        var (dOutput, input, weight) = (Draw(N, C), Draw(N, C), Draw(C));
        var (dx, dw, db) = (Empty(N, C), Empty(C), Empty(C));
        Run(dx, dw, db, dOutput, input, weight, isCentred, false, false);
        var (dx0, dw0, db0) = (Values(N * C), Values(C), Values(C));
        var (dx2, dw2, db2) = (Put(dx0, N, C), Put(dw0, C), Put(db0, C));
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
        var (dOutput, input, weight) = (Draw(N, C), Draw(N, C), Draw(C));
        var (dx, dw, dw2) = (Empty(N, C), Empty(C), Empty(C));
        Run(dx, dw, null, dOutput, input, weight, isCentred, false, false);
        Run(dOutput, dw2, null, dOutput, input, weight, isCentred, false, false);
        Assert.Equal(dx.Floats(), dOutput.Floats());
        Assert.Equal(dw.Floats(), dw2.Floats());
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
        var (input, dOutput, weight) = (Draw(N, C), Draw(N, C), Draw(C));
        var (output, mean, rstd) = (Empty(N, C), Poisoned(N), Poisoned(N));
        if (isCentred)
        {
            Ops.LayerNormForward(output, mean, rstd, input, weight, null, Eps);
        }
        else
        {
            Ops.RmsNormForward(output, rstd, input, weight, Eps);
        }

        var (dx, dw, db) = (Empty(N, C), Empty(C), Empty(C));
        Run(dx, dw, db, dOutput, input, weight, isCentred, false, false);
        return [output.Floats(), mean.ToArray(), rstd.ToArray(), dx.Floats(), dw.Floats(), db.Floats()];
    });

    [Fact]
    public void Norm_SecondCall_AllocatesNothing()
    {
        const int N = 64, C = 768;
        var (input, delta, weight, bias) = (Draw(N, C), Draw(N, C), Draw(C), Draw(C));
        var (output, mean, rstd, residual) = (Empty(N, C), Poisoned(N), Poisoned(N), Empty(N, C));
        var (dw, db) = (Empty(C), Empty(C));
        RequireNoAllocation(() =>
        {
            Ops.ResidualLayerNormForward(output, mean, rstd, residual, input, delta, weight, bias, Eps);
            Ops.LayerNormBackward(output, dw, db, delta, input, mean, rstd, weight, false, true);
            Ops.RmsNormForward(output, rstd, input, weight, Eps);
            Ops.RmsNormBackward(output, dw, delta, input, rstd, weight, true, false);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Norm_OperandsAtOddAddresses_SameBits(bool isCentred)
    {
        const int N = 11, C = 64;
        var (x, w, b, dy) = (Values(N * C), Values(C), Values(C), Values(N * C));
        var results = new List<float[]>();
        foreach (var put in (Func<float[], long[], Tensor>[])[(v, d) => Put(v, d), (v, d) => PutShifted(v, d)])
        {
            var (input, weight, bias) = (put(x, [N, C]), put(w, [C]), put(b, [C]));
            var (output, mean, rstd) = (put(x, [N, C]), Poisoned(N), Poisoned(N));
            var (dInput, dWeight, dBias) = (put(dy, [N, C]), put(w, [C]), put(b, [C]));
            if (isCentred)
            {
                Ops.LayerNormForward(output, mean, rstd, input, weight, bias, Eps);
            }
            else
            {
                Ops.RmsNormForward(output, rstd, input, weight, Eps);
            }

            Run(dInput, dWeight, dBias, put(dy, [N, C]), input, weight, isCentred, false, true);
            results.AddRange([output.Floats(), dInput.Floats(), dWeight.Floats(), dBias.Floats()]);
        }

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(results[i], results[i + 4]);
        }
    }

    [Fact]
    public void Norm_WrongOperand_SaysWhich()
    {
        var (x, v, row, integers) = (Draw(4, 8), Normal(4), Draw(8), Guarded(DType.I32, 4, 8));
        var (small, wrong) = (Draw(4), Normal(8));
        RequireError(
            $"LayerNormForward: weight: expected {Element} (8), got {Element} (4).",
            () => Ops.LayerNormForward(x, v, v, x, small, null, Eps));
        RequireError(
            $"LayerNormForward: bias: expected {Element} (8), got {Element} (4, 8).",
            () => Ops.LayerNormForward(x, v, v, x, row, x, Eps));
        RequireError(
            "LayerNormForward: mean: expected F32 (4), got F32 (8).",
            () => Ops.LayerNormForward(x, wrong, v, x, row, null, Eps));
        RequireError(
            $"ResidualLayerNormForward: delta: expected {Element} (4, 8), got {Element} (8).",
            () => Ops.ResidualLayerNormForward(x, v, v, x, x, row, null, null, Eps));
        RequireError(
            $"RmsNormForward: input: expected {FloatTypes}, got {integers}.",
            () => Ops.RmsNormForward(x, v, integers, row, Eps));
        RequireError(
            $"ResidualRmsNormForward: residual: expected {Element} (4, 8), got {Element} (4, 4).",
            () => Ops.ResidualRmsNormForward(x, v, Draw(4, 4), x, x, row, Eps));
        RequireError(
            $"RmsNormBackward: weight: expected {Element} (8), got {Element} (4).",
            () => Ops.RmsNormBackward(x, small, x, x, v, row, false, false));
        RequireError(
            "LayerNormBackward: rstd: expected F32 (4), got F32 (8).",
            () => Ops.LayerNormBackward(x, row, row, x, x, v, wrong, row, false, false));
    }

    private void Run(
        Tensor dInput, Tensor dWeight, Tensor? dBias, Tensor dOutput, Tensor input, Tensor? weight, bool isCentred,
        bool accumulateInput, bool accumulateParameters)
    {
        var (n, c) = (input.Shape.Rows, input.Shape.Columns);
        var (output, mean, rstd) = (Empty(n, c), Poisoned(n), Poisoned(n));
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

    private void RequireSum(Tensor actual, Tensor part, float[] before)
    {
        var (sum, first) = (actual.Floats(), part.Floats());
        for (var i = 0; i < sum.Length; i++)
        {
            // The part was rounded before it is added here, and the sum once more.
            var rounding = Roundoff * (Math.Abs(first[i]) + Math.Abs(sum[i]));
            Assert.Equal(first[i] + before[i], sum[i], 1e-4 + rounding);
        }
    }
}
