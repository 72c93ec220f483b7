using Inheritune.Kernels;
using Kernels.Tests.Reference;

namespace Kernels.Tests;

/// <summary>What the linear layer must do on every device.</summary>
public abstract class MatmulSuite : DeviceSuite
{
    /// <summary>
    /// N, C, OC: one, fewer and more than a tile, tiles with edges on all sides, more than one block of the
    /// sum, more rows than columns and the reverse.
    /// </summary>
    public static TheoryData<int, int, int> Sizes() => new()
    {
        { 1, 1, 1 },
        { 1, 67, 131 },
        { 3, 5, 2 },
        { 4, 96, 64 },
        { 7, 33, 49 },
        { 8, 48, 48 },
        { 9, 17, 95 },
        { 16, 64, 96 },
        { 31, 385, 50 },
        { 65, 129, 257 },
        { 200, 40, 13 },
        { 301, 19, 101 },
        { 24, 801, 144 },
        { 40, 70, 811 },
    };

    public static TheoryData<int, Activation, bool> Finishes()
    {
        var data = new TheoryData<int, Activation, bool>();
        foreach (var n in (int[])[2, 37])
        {
            foreach (var activation in Enum.GetValues<Activation>())
            {
                data.Add(n, activation, true);
                data.Add(n, activation, false);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Forward_OddSizes_MatchesReference(int n, int c, int oc)
    {
        var (x, w, b) = (NormalValues(n * c), NormalValues(oc * c), NormalValues(oc));
        var output = Poisoned(n, oc);
        var (input, weight, bias) = (Make(x, n, c), Make(w, oc, c), Make(b, oc));

        Ops.MatmulForward(output, input, weight, bias);

        RequireForward("y", output, x, w, b, n, c, oc);
        output = Poisoned(n, oc);
        Ops.MatmulForward(output, input, weight);
        RequireForward("y without bias", output, x, w, null, n, c, oc);
        Assert.Equal(x, input.ToArray());
        Assert.Equal(w, weight.ToArray());
    }

    [Theory]
    [MemberData(nameof(Finishes))]
    public void Forward_ActivationAtTheStore_MatchesReference(int n, Activation activation, bool saves)
    {
        const int C = 400, OC = 77;
        var (x, w, b) = (NormalValues(n * C), NormalValues(OC * C, 0.05), NormalValues(OC));
        var (output, saved) = (Poisoned(n, OC), saves ? Poisoned(n, OC) : null);

        Ops.MatmulForward(output, Make(x, n, C), Make(w, OC, C), Make(b, OC), activation, saved);

        var (y, z) = MatmulReference.Forward(x.Doubles(), w.Doubles(), b.Doubles(), n, C, OC, activation);
        var (naiveY, naiveZ) = MatmulReference.Forward(x, w, b, n, C, OC, activation);
        Compare.Close("y", output.ToArray(), y, naiveY);
        if (saved is not null)
        {
            Compare.Close("z", saved.ToArray(), z, naiveZ);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void BackwardInput_OddSizes_MatchesReference(int n, int c, int oc)
    {
        var (dy, w, before) = (NormalValues(n * oc), NormalValues(oc * c), NormalValues(n * c));
        var (dOutput, weight) = (Make(dy, n, oc), Make(w, oc, c));
        var (dInput, sum) = (Poisoned(n, c), Make(before, n, c));

        Ops.MatmulBackwardInput(dInput, dOutput, weight);
        Ops.MatmulBackwardInput(sum, dOutput, weight, accumulate: true);

        RequireDInput("dx", dInput, dy, w, null, null, n, c, oc, Activation.None);
        RequireDInput("dx accumulated", sum, dy, w, null, before, n, c, oc, Activation.None);
        Assert.Equal(dy, dOutput.ToArray());
    }

    [Theory]
    [MemberData(nameof(Finishes))]
    public void BackwardInput_DerivativeAtTheStore_MatchesReference(
        int n, Activation activation, bool accumulate)
    {
        const int C = 77, OC = 401;
        var (dy, w, z) = (NormalValues(n * OC), NormalValues(OC * C), NormalValues(n * C, 2));
        var before = accumulate ? NormalValues(n * C) : null;
        var dInput = before is null ? Poisoned(n, C) : Make(before, n, C);

        Ops.MatmulBackwardInput(dInput, Make(dy, n, OC), Make(w, OC, C), activation, Make(z, n, C),
            accumulate);

        RequireDInput("dx", dInput, dy, w, z, before, n, C, OC, activation);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void BackwardWeight_OddSizes_MatchesReference(int n, int c, int oc)
    {
        var (dy, x) = (NormalValues(n * oc), NormalValues(n * c));
        var (beforeW, beforeB) = (NormalValues(oc * c), NormalValues(oc));
        var (dOutput, input) = (Make(dy, n, oc), Make(x, n, c));
        var (dWeight, dBias, sumW, sumB) = (Poisoned(oc, c), Poisoned(oc), Make(beforeW, oc, c),
            Make(beforeB, oc));

        Ops.MatmulBackwardWeight(dWeight, dBias, dOutput, input, accumulate: false);
        Ops.MatmulBackwardWeight(sumW, sumB, dOutput, input, accumulate: true);

        RequireDWeight(dWeight, dBias, dy, x, null, null, n, c, oc);
        RequireDWeight(sumW, sumB, dy, x, beforeW, beforeB, n, c, oc);
        dWeight = Poisoned(oc, c);
        Ops.MatmulBackwardWeight(dWeight, null, dOutput, input, accumulate: false);
        Assert.DoesNotContain(float.NaN, dWeight.ToArray());
    }

    [Theory]
    [InlineData(Activation.None)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.GeluErf)]
    [InlineData(Activation.Silu)]
    public void Reference_CentralDifferences_Agree(Activation activation)
    {
        const int N = 3, C = 5, OC = 4;
        var (v, w, b) = (NormalValues(N * C).Doubles(), NormalValues(OC * C).Doubles(),
            NormalValues(OC).Doubles());
        var dy = NormalValues(N * OC).Doubles();
        var x = Array.ConvertAll(v, value => ActivationReference.Value(activation, value));
        double Loss(double[] input, double[] weight, double[] bias) =>
            Compare.Dot(MatmulReference.Forward(input, weight, bias, N, C, OC, Activation.None).Y, dy);
        double LossOfArgument(double[] argument) =>
            Loss(Array.ConvertAll(argument, value => ActivationReference.Value(activation, value)), w, b);

        var dv = MatmulReference.BackwardInput(dy, w, v, null, N, C, OC, activation);
        Compare.CentralDifferences("dx", LossOfArgument, v, dv);
        Compare.CentralDifferences("dW", t => Loss(x, t, b), w, MatmulReference.BackwardWeight(dy, x, null,
            N, C, OC));
        Compare.CentralDifferences("db", t => Loss(x, w, t), b, MatmulReference.BackwardBias(dy, null, N,
            OC));
    }

    [Theory]
    [InlineData(5, 200, 530)]
    [InlineData(70, 900, 530)]
    [InlineData(600, 50, 130)]
    public void Matmul_AnyThreadCount_SameBits(int n, int c, int oc) => RequireSameBits(() =>
    {
        var (input, weight, bias, dOutput) = (Normal(n, c), Normal(oc, c), Normal(oc), Normal(n, oc));
        var (output, saved, dInput, dWeight, dBias) =
            (Poisoned(n, oc), Poisoned(n, oc), Poisoned(n, c), Poisoned(oc, c), Poisoned(oc));
        Ops.MatmulForward(output, input, weight, bias, Activation.GeluTanh, saved);
        Ops.MatmulBackwardInput(dInput, dOutput, weight, Activation.Silu, input);
        Ops.MatmulBackwardWeight(dWeight, dBias, dOutput, input, accumulate: false);
        return [output.ToArray(), saved.ToArray(), dInput.ToArray(), dWeight.ToArray(), dBias.ToArray()];
    });

    [Fact]
    public void Forward_RowAmongOthers_SameBitsWhereverItStands()
    {
        const int N = 100, C = 450, OC = 200;
        var (input, weight) = (Normal(N, C), Normal(OC, C));
        var (output, part) = (Poisoned(N, OC), Poisoned(60, OC));

        Ops.MatmulForward(output, input, weight);
        Ops.MatmulForward(part, input.Slice(13, 60), weight);

        Assert.Equal(output.Slice(13, 60).ToArray(), part.ToArray());
    }

    [Fact]
    public void Matmul_NanInOneRow_ReachesThatRowOnly()
    {
        const int N = 21, C = 100, OC = 61;
        var x = NormalValues(N * C);
        x[10 * C + 3] = float.NaN;
        var output = Poisoned(N, OC);

        Ops.MatmulForward(output, Make(x, N, C), Normal(OC, C));

        var y = output.ToArray();
        Assert.All(y[(10 * OC)..(11 * OC)], value => Assert.True(float.IsNaN(value)));
        Assert.DoesNotContain(float.NaN, y[..(10 * OC)]);
        Assert.DoesNotContain(float.NaN, y[(11 * OC)..]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(50)]
    public void Matmul_Repeated_AllocatesNothing(int n)
    {
        const int C = 500, OC = 300;
        var (input, weight, bias, dOutput) = (Normal(n, C), Normal(OC, C), Normal(OC), Normal(n, OC));
        var (output, saved, dInput, dWeight, dBias) =
            (Poisoned(n, OC), Poisoned(n, OC), Poisoned(n, C), Poisoned(OC, C), Poisoned(OC));
        RequireNoAllocation(() =>
        {
            Ops.MatmulForward(output, input, weight, bias, Activation.GeluErf, saved);
            Ops.MatmulBackwardInput(dInput, dOutput, weight, Activation.GeluErf, input, accumulate: true);
            Ops.MatmulBackwardWeight(dWeight, dBias, dOutput, input, accumulate: true);
        });
    }

    [Fact]
    public void Matmul_WrongShapes_AreNamed()
    {
        RequireError(
            "MatmulForward: output: expected F32 (4, 3), got F32 (4, 2).",
            () => Ops.MatmulForward(Poisoned(4, 2), Normal(4, 5), Normal(3, 5)));
        RequireError(
            "MatmulBackwardInput: preActivation: expected F32 (4, 5) for activation Silu, got none.",
            () => Ops.MatmulBackwardInput(Poisoned(4, 5), Normal(4, 3), Normal(3, 5), Activation.Silu));
        RequireError(
            "MatmulBackwardWeight: dBias: expected F32 (3), got F32 (4).",
            () => Ops.MatmulBackwardWeight(Poisoned(3, 5), Poisoned(4), Normal(4, 3), Normal(4, 5),
            accumulate: false));
    }

    [Fact]
    public void Matmul_MixedElementTypes_AreRefused()
    {
        var (halves, integers) = (Guarded(DType.BF16, 3, 5), Guarded(DType.I32, 4, 5));
        RequireError(
            "MatmulForward: weight: expected F32 (3, 5), got BF16 (3, 5).",
            () => Ops.MatmulForward(Poisoned(4, 3), Normal(4, 5), halves));
        RequireError(
            $"MatmulForward: input: expected {FloatTypes}, got {integers}.",
            () => Ops.MatmulForward(Poisoned(4, 3), integers, Normal(3, 5)));
        RequireError(
            "MatmulBackwardInput: weight: expected F32 (3, 5), got BF16 (3, 5).",
            () => Ops.MatmulBackwardInput(Poisoned(4, 5), Normal(4, 3), halves));
        RequireError(
            "MatmulBackwardWeight: dWeight: expected F32 (3, 5), got BF16 (3, 5).",
            () => Ops.MatmulBackwardWeight(halves, null, Normal(4, 3), Normal(4, 5), accumulate: false));
    }

    private static void RequireForward(
        string what, Tensor output, float[] x, float[] w, float[]? b, int n, int c, int oc)
    {
        var reference = MatmulReference.Forward(x.Doubles(), w.Doubles(), b?.Doubles(), n, c, oc,
            Activation.None);
        var naive = MatmulReference.Forward(x, w, b, n, c, oc, Activation.None);
        Compare.Close(what, output.ToArray(), reference.Y, naive.Y);
    }

    private static void RequireDInput(
        string what, Tensor dInput, float[] dy, float[] w, float[]? z, float[]? before, int n, int c, int oc,
        Activation activation)
    {
        var reference = MatmulReference.BackwardInput(
            dy.Doubles(), w.Doubles(), z?.Doubles(), before?.Doubles(), n, c, oc, activation);
        var naive = MatmulReference.BackwardInput(dy, w, z, before, n, c, oc, activation);
        Compare.Close(what, dInput.ToArray(), reference, naive);
    }

    private static void RequireDWeight(
        Tensor dWeight, Tensor dBias, float[] dy, float[] x, float[]? beforeW, float[]? beforeB, int n,
        int c, int oc)
    {
        Compare.Close(
            "dW",
            dWeight.ToArray(),
            MatmulReference.BackwardWeight(dy.Doubles(), x.Doubles(), beforeW?.Doubles(), n, c, oc),
            MatmulReference.BackwardWeight(dy, x, beforeW, n, c, oc));
        Compare.Close(
            "db",
            dBias.ToArray(),
            MatmulReference.BackwardBias(dy.Doubles(), beforeB?.Doubles(), n, oc),
            MatmulReference.BackwardBias(dy, beforeB, n, oc));
    }
}
