using Inheritune.Kernels;
using Kernels.Tests.Reference;

namespace Kernels.Tests;

/// <summary>What the linear layer must do on every device, in every type that it computes in.</summary>
public abstract class MatmulSuite : DeviceSuite
{
    /// <summary>Element type of every operand.</summary>
    protected virtual DType Element => DType.F32;

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
        var (x, w, b) = (Values(n * c), Values(oc * c), Values(oc));
        var output = Empty(n, oc);
        var (input, weight, bias) = (Put(x, n, c), Put(w, oc, c), Put(b, oc));

        Ops.MatmulForward(output, input, weight, bias);

        RequireForward("y", output, x, w, b, n, c, oc);
        output = Empty(n, oc);
        Ops.MatmulForward(output, input, weight);
        RequireForward("y without bias", output, x, w, null, n, c, oc);
        Assert.Equal(x, input.Floats());
        Assert.Equal(w, weight.Floats());
    }

    [Theory]
    [MemberData(nameof(Finishes))]
    public void Forward_ActivationAtTheStore_MatchesReference(int n, Activation activation, bool saves)
    {
        const int C = 400, OC = 77;
        var (x, w, b) = (Values(n * C), Values(OC * C, 0.05), Values(OC));
        var (output, saved) = (Empty(n, OC), saves ? Empty(n, OC) : null);

        Ops.MatmulForward(output, Put(x, n, C), Put(w, OC, C), Put(b, OC), activation, saved);

        var (y, z) = MatmulReference.Forward(x.Doubles(), w.Doubles(), b.Doubles(), n, C, OC, activation);
        var (naiveY, naiveZ) = MatmulReference.Forward(x, w, b, n, C, OC, activation);
        Close("y", output, y, naiveY);
        if (saved is not null)
        {
            Close("z", saved, z, naiveZ);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void BackwardInput_OddSizes_MatchesReference(int n, int c, int oc)
    {
        var (dy, w, before) = (Values(n * oc), Values(oc * c), Values(n * c));
        var (dOutput, weight) = (Put(dy, n, oc), Put(w, oc, c));
        var (dInput, sum) = (Empty(n, c), Put(before, n, c));

        Ops.MatmulBackwardInput(dInput, dOutput, weight);
        Ops.MatmulBackwardInput(sum, dOutput, weight, accumulate: true);

        RequireDInput("dx", dInput, dy, w, null, null, n, c, oc, Activation.None);
        RequireDInput("dx accumulated", sum, dy, w, null, before, n, c, oc, Activation.None);
        Assert.Equal(dy, dOutput.Floats());
    }

    [Theory]
    [MemberData(nameof(Finishes))]
    public void BackwardInput_DerivativeAtTheStore_MatchesReference(
        int n, Activation activation, bool accumulate)
    {
        const int C = 77, OC = 401;
        var (dy, w, z) = (Values(n * OC), Values(OC * C), Values(n * C, 2));
        var before = accumulate ? Values(n * C) : null;
        var dInput = before is null ? Empty(n, C) : Put(before, n, C);

        Ops.MatmulBackwardInput(dInput, Put(dy, n, OC), Put(w, OC, C), activation, Put(z, n, C),
            accumulate);

        RequireDInput("dx", dInput, dy, w, z, before, n, C, OC, activation);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void BackwardWeight_OddSizes_MatchesReference(int n, int c, int oc)
    {
        var (dy, x) = (Values(n * oc), Values(n * c));
        var (beforeW, beforeB) = (Values(oc * c), Values(oc));
        var (dOutput, input) = (Put(dy, n, oc), Put(x, n, c));
        var (dWeight, dBias, sumW, sumB) = (Empty(oc, c), Empty(oc), Put(beforeW, oc, c),
            Put(beforeB, oc));

        Ops.MatmulBackwardWeight(dWeight, dBias, dOutput, input, accumulate: false);
        Ops.MatmulBackwardWeight(sumW, sumB, dOutput, input, accumulate: true);

        RequireDWeight(dWeight, dBias, dy, x, null, null, n, c, oc);
        RequireDWeight(sumW, sumB, dy, x, beforeW, beforeB, n, c, oc);
        dWeight = Empty(oc, c);
        Ops.MatmulBackwardWeight(dWeight, null, dOutput, input, accumulate: false);
        Assert.DoesNotContain(float.NaN, dWeight.Floats());
    }

    [Theory]
    [InlineData(Activation.None)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.GeluErf)]
    [InlineData(Activation.Silu)]
    public void Reference_CentralDifferences_Agree(Activation activation)
    {
        const int N = 3, C = 5, OC = 4;
        var (v, w, b) = (Values(N * C).Doubles(), Values(OC * C).Doubles(),
            Values(OC).Doubles());
        var dy = Values(N * OC).Doubles();
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
        var (input, weight, bias, dOutput) = (Some(n, c), Some(oc, c), Some(oc), Some(n, oc));
        var (output, saved, dInput, dWeight, dBias) =
            (Empty(n, oc), Empty(n, oc), Empty(n, c), Empty(oc, c), Empty(oc));
        Ops.MatmulForward(output, input, weight, bias, Activation.GeluTanh, saved);
        Ops.MatmulBackwardInput(dInput, dOutput, weight, Activation.Silu, input);
        Ops.MatmulBackwardWeight(dWeight, dBias, dOutput, input, accumulate: false);
        return [output.Floats(), saved.Floats(), dInput.Floats(), dWeight.Floats(), dBias.Floats()];
    });

    [Fact]
    public void Forward_RowAmongOthers_SameBitsWhereverItStands()
    {
        const int N = 100, C = 450, OC = 200;
        var (input, weight) = (Some(N, C), Some(OC, C));
        var (output, part) = (Empty(N, OC), Empty(60, OC));

        Ops.MatmulForward(output, input, weight);
        Ops.MatmulForward(part, input.Slice(13, 60), weight);

        Assert.Equal(output.Slice(13, 60).Floats(), part.Floats());
    }

    [Fact]
    public void Matmul_NanInOneRow_ReachesThatRowOnly()
    {
        const int N = 21, C = 100, OC = 61;
        var x = Values(N * C);
        x[10 * C + 3] = float.NaN;
        var output = Empty(N, OC);

        Ops.MatmulForward(output, Put(x, N, C), Some(OC, C));

        var y = output.Floats();
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
        var (input, weight, bias, dOutput) = (Some(n, C), Some(OC, C), Some(OC), Some(n, OC));
        var (output, saved, dInput, dWeight, dBias) =
            (Empty(n, OC), Empty(n, OC), Empty(n, C), Empty(OC, C), Empty(OC));
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
            $"MatmulForward: output: expected {Element} (4, 3), got {Element} (4, 2).",
            () => Ops.MatmulForward(Empty(4, 2), Some(4, 5), Some(3, 5)));
        RequireError(
            $"MatmulBackwardInput: preActivation: expected {Element} (4, 5) for activation Silu, got none.",
            () => Ops.MatmulBackwardInput(Empty(4, 5), Some(4, 3), Some(3, 5), Activation.Silu));
        RequireError(
            $"MatmulBackwardWeight: dBias: expected {Element} (3), got {Element} (4).",
            () => Ops.MatmulBackwardWeight(Empty(3, 5), Empty(4), Some(4, 3), Some(4, 5), accumulate: false));
    }

    [Fact]
    public void Matmul_MixedElementTypes_AreRefused()
    {
        var other = Element == DType.F32 ? DType.BF16 : DType.F32;
        var (mixed, integers) = (Guarded(other, 3, 5), Guarded(DType.I32, 4, 5));
        RequireError(
            $"MatmulForward: weight: expected {Element} (3, 5), got {other} (3, 5).",
            () => Ops.MatmulForward(Empty(4, 3), Some(4, 5), mixed));
        RequireError(
            $"MatmulForward: input: expected {FloatTypes}, got {integers}.",
            () => Ops.MatmulForward(Empty(4, 3), integers, Some(3, 5)));
        RequireError(
            $"MatmulBackwardInput: weight: expected {Element} (3, 5), got {other} (3, 5).",
            () => Ops.MatmulBackwardInput(Empty(4, 5), Some(4, 3), mixed));
        RequireError(
            $"MatmulBackwardWeight: dWeight: expected {Element} (3, 5), got {other} (3, 5).",
            () => Ops.MatmulBackwardWeight(mixed, null, Some(4, 3), Some(4, 5), accumulate: false));
    }

    // A naive result of the type: sums in f32, rounded once.
    private void Close(string what, Tensor actual, double[] reference, float[] naive) =>
        Compare.Close(what, actual.Floats(), reference, Bf16.Rounded(Element, naive));

    private float[] Values(long count, double spread = 1) => Bf16.Rounded(Element, NormalValues(count, spread));

    private Tensor Put(float[] values, params ReadOnlySpan<long> dimensions) => Make(Element, values, dimensions);

    private Tensor Some(params ReadOnlySpan<long> dimensions) => Put(Values(new Shape(dimensions).Count), dimensions);

    private Tensor Empty(params ReadOnlySpan<long> dimensions) => Poisoned(Element, dimensions);

    private void RequireForward(
        string what, Tensor output, float[] x, float[] w, float[]? b, int n, int c, int oc)
    {
        var reference = MatmulReference.Forward(x.Doubles(), w.Doubles(), b?.Doubles(), n, c, oc,
            Activation.None);
        var naive = MatmulReference.Forward(x, w, b, n, c, oc, Activation.None);
        Close(what, output, reference.Y, naive.Y);
    }

    private void RequireDInput(
        string what, Tensor dInput, float[] dy, float[] w, float[]? z, float[]? before, int n, int c, int oc,
        Activation activation)
    {
        var reference = MatmulReference.BackwardInput(
            dy.Doubles(), w.Doubles(), z?.Doubles(), before?.Doubles(), n, c, oc, activation);
        var naive = MatmulReference.BackwardInput(dy, w, z, before, n, c, oc, activation);
        Close(what, dInput, reference, naive);
    }

    private void RequireDWeight(
        Tensor dWeight, Tensor dBias, float[] dy, float[] x, float[]? beforeW, float[]? beforeB, int n,
        int c, int oc)
    {
        Close(
            "dW",
            dWeight,
            MatmulReference.BackwardWeight(dy.Doubles(), x.Doubles(), beforeW?.Doubles(), n, c, oc),
            MatmulReference.BackwardWeight(dy, x, beforeW, n, c, oc));
        Close(
            "db",
            dBias,
            MatmulReference.BackwardBias(dy.Doubles(), beforeB?.Doubles(), n, oc),
            MatmulReference.BackwardBias(dy, beforeB, n, oc));
    }
}
