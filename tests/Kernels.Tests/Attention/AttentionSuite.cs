using Inheritune.Kernels;

namespace Kernels.Tests.Attention;

/// <summary>What attention must do on every device, in the element type of the subclass.</summary>
public abstract class AttentionSuite : AttentionElements
{
    public static readonly TheoryData<AttentionCase> Cases =
    [
        new AttentionCase(1, 1, 1, 1, 4, 1f),
        new AttentionCase(2, 7, 3, 3, 10, 0.31f),
        new AttentionCase(1, 64, 2, 2, 64, 0.125f),
        new AttentionCase(1, 65, 4, 2, 12, 0.3f),
        new AttentionCase(1, 130, 3, 1, 80, 0.11f),
        new AttentionCase(1, 69, 2, 1, 100, 0.1f),
        new AttentionCase(1, 45, 2, 2, 128, 0.09f),
        new AttentionCase(2, 33, 6, 2, 16, 0.25f, [0.25f, 0.0625f, 0.015625f, 0.00390625f, 0.5f, 0.125f]),
        new AttentionCase(1, 270, 2, 1, 16, 0.21f, [0.5f, 0.0625f]),
        new AttentionCase(3, 17, 1, 1, 8, 2f),
        new AttentionCase(1, 70, 2, 1, 16, -0.2f),
        new AttentionCase(1, 297, 1, 1, 64, 1f / 7),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void AttentionForward_OddSizes_MatchesReference(AttentionCase c)
    {
        var qkv = Inputs((long)c.Rows * c.Columns);
        var expected = AttentionReference.Forward(c, qkv.Doubles());

        var (output, logSumExp) = Forward(c, qkv);

        var plain = AttentionReference.Forward(c, qkv.Doubles(), Round).Output;
        AssertClose("y", expected.Output, output, Units, plain);
        if (Element == DType.F32)
        {
            // Element by element as well: one wrong value is lost in a norm.
            AssertWithin("y", expected.Output, output, 3e-6);
        }

        AssertWithin("lse", expected.LogSumExp, logSumExp, 3e-6);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AttentionBackward_OddSizes_MatchesReference(AttentionCase c)
    {
        var qkv = Inputs((long)c.Rows * c.Columns);
        var dOutput = Inputs((long)c.Rows * c.NH * c.HS);
        var (output, logSumExp) = Forward(c, qkv);

        var dQkv = Backward(c, qkv, dOutput, output, logSumExp);

        var expected = AttentionReference.Backward(c, qkv.Doubles(), dOutput.Doubles());
        var plain = AttentionReference.Backward(c, qkv.Doubles(), dOutput.Doubles(), Round);
        if (Element == DType.F32)
        {
            AssertWithin("dQkv", expected, dQkv, 6e-6);
        }

        var parts = new[] { 0, c.NH, c.NH + c.NKV, c.NH + 2 * c.NKV };
        for (var part = 0; part < 3; part++)
        {
            var (from, to) = (parts[part] * c.HS, parts[part + 1] * c.HS);
            bool Inside(int i) => i % c.Columns >= from && i % c.Columns < to;
            AssertClose(
                ((string[])["dq", "dk", "dv"])[part], [.. expected.Where((_, i) => Inside(i))],
                [.. dQkv.Where((_, i) => Inside(i))], Units, [.. plain.Where((_, i) => Inside(i))], 1);
        }
    }

    [Fact]
    public void AttentionForward_LargeScores_StayFinite()
    {
        var c = new AttentionCase(1, 70, 2, 1, 16, 30f);
        var qkv = Inputs((long)c.Rows * c.Columns, 3);

        var (output, logSumExp) = Forward(c, qkv);

        AssertWithin("lse", AttentionReference.Forward(c, qkv.Doubles()).LogSumExp, logSumExp, 1e-6);
        Assert.DoesNotContain(output, v => !float.IsFinite(v));
    }

    [Fact]
    public void AttentionForward_NanInOneKey_ReachesLaterQueriesOnly()
    {
        var c = new AttentionCase(1, 90, 1, 1, 16, 0.2f);
        var qkv = Inputs((long)c.Rows * c.Columns);
        qkv[c.At(0, 50, 1, 3)] = float.NaN;

        var (output, _) = Forward(c, qkv);

        Assert.DoesNotContain(output[..(50 * c.HS)], float.IsNaN);
        Assert.DoesNotContain(output[(50 * c.HS)..], v => !float.IsNaN(v));
    }

    [Fact]
    public void Attention_AnyThreadCountOrSchedule_SameBits()
    {
        var c = new AttentionCase(2, 150, 4, 2, 16, 0.2f, [0.5f, 0.25f, 0.125f, 0.0625f]);
        RequireSameBits(() =>
        {
            var qkv = Inputs((long)c.Rows * c.Columns);
            var dOutput = Inputs((long)c.Rows * c.NH * c.HS);
            var (output, logSumExp) = Forward(c, qkv);
            return [output, logSumExp, Backward(c, qkv, dOutput, output, logSumExp)];
        });
    }

    [Fact]
    public void Attention_BatchOfOne_SameBitsAsInsideABatch()
    {
        var both = new AttentionCase(2, 75, 2, 1, 16, 0.25f);
        var one = both with { B = 1 };
        var qkv = Inputs((long)both.Rows * both.Columns);

        var (outputs, _) = Forward(both, qkv);
        var (second, _) = Forward(one, qkv[(one.Rows * one.Columns)..]);

        Assert.Equal(outputs[(one.Rows * one.NH * one.HS)..], second);
    }

    [Fact]
    public void Attention_RepeatedCalls_AllocateNothing()
    {
        var c = new AttentionCase(1, 40, 4, 2, 16, 0.2f);
        var qkv = Upload(Inputs((long)c.Rows * c.Columns), c.Rows, c.Columns);
        var table = Make(RopeSuite.Table(c.T, 16), c.T, 16);
        var (output, logSumExp) = (Output(c.Rows, c.NH * c.HS), Poisoned(c.B, c.NH, c.T));
        var (dQkv, cache) = (Output(c.Rows, c.Columns), Output(c.B, c.T, 2 * c.NKV * c.HS));
        var past = Make([0]);
        var shape = Shape(c, null);

        RequireNoAllocation(() =>
        {
            Ops.Rope(qkv, table, shape);
            Ops.AttentionForward(output, logSumExp, qkv, shape);
            Ops.AttentionBackward(dQkv, output, output, logSumExp, qkv, shape);
            Ops.AttentionCached(output, cache, qkv, past, shape);
        });
    }

    [Fact]
    public void Attention_WrongShapes_SayWhatWasExpected()
    {
        var tensor = Normal(4, 12);
        var shape = new AttentionShape(1, 4, 3, 2, 2, 1);

        RequireError(
            "AttentionForward: shape: expected sizes of at least 1 and NKV dividing NH, got B=1, T=4, NH=3, NKV=2, HS=2.",
            () => Ops.AttentionForward(tensor, tensor, tensor, shape));
        RequireError(
            "AttentionForward: qkv: expected F32 (4, 10), got F32 (4, 12).",
            () => Ops.AttentionForward(tensor, tensor, tensor, shape with { NKV = 1 }));
        RequireError(
            "Rope: cosSin (3, 2): expected an even rotary size up to HS = 2 and at least 4 positions.",
            () => Ops.Rope(tensor, Normal(3, 2), shape with { NH = 2 }));
        RequireError(
            $"AttentionForward: qkv: expected {FloatTypes}, got {Make([1, 2])}.",
            () => Ops.AttentionForward(tensor, tensor, Make([1, 2]), shape with { NH = 2 }));
    }

    protected (float[] Output, float[] LogSumExp) Forward(AttentionCase c, float[] qkv)
    {
        var (output, logSumExp) = (Output(c.B, c.T, c.NH * c.HS), Poisoned(c.B, c.NH, c.T));
        CallForward(output, logSumExp, Upload(qkv, c.B, c.T, c.Columns), Shape(c, Slopes(c)));
        return (Read(output), logSumExp.ToArray());
    }

    protected virtual void CallForward(Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape) =>
        Ops.AttentionForward(output, logSumExp, qkv, shape);

    protected virtual void CallBackward(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape) =>
        Ops.AttentionBackward(dQkv, dOutput, output, logSumExp, qkv, shape);

    // In bf16 only the results are rounded beside what the plain computation rounds.
    private double Units => Element == DType.BF16 ? 1 : 16;

    private float[] Backward(AttentionCase c, float[] qkv, float[] dOutput, float[] output, float[] logSumExp)
    {
        var dQkv = Output(c.B, c.T, c.Columns);
        CallBackward(
            dQkv, Upload(dOutput, c.B, c.T, c.NH * c.HS), Upload(output, c.B, c.T, c.NH * c.HS),
            Make(logSumExp, c.B, c.NH, c.T), Upload(qkv, c.B, c.T, c.Columns), Shape(c, Slopes(c)));
        return Read(dQkv);
    }

    private static AttentionShape Shape(AttentionCase c, Tensor? slopes) =>
        new(c.B, c.T, c.NH, c.NKV, c.HS, c.Scale, slopes);
}
