using Inheritune.Kernels;

namespace Kernels.Tests.Attention;

/// <summary>What attention must do on every device.</summary>
public abstract class AttentionSuite
{
    public static readonly TheoryData<AttentionCase> Cases =
    [
        new AttentionCase(1, 1, 1, 1, 1, 1f),
        new AttentionCase(2, 7, 3, 3, 10, 0.31f),
        new AttentionCase(1, 64, 2, 2, 64, 0.125f),
        new AttentionCase(1, 65, 4, 2, 12, 0.3f),
        new AttentionCase(1, 130, 3, 1, 80, 0.11f),
        new AttentionCase(1, 129, 2, 1, 100, 0.1f),
        new AttentionCase(2, 33, 6, 2, 16, 0.25f, [0.25f, 0.0625f, 0.015625f, 0.00390625f, 0.5f, 0.125f]),
        new AttentionCase(1, 200, 2, 2, 33, 0.17f, [0.5f, 0.0625f]),
        new AttentionCase(3, 17, 1, 1, 1, 2f),
        new AttentionCase(1, 97, 5, 5, 48, 1f / 7),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void AttentionForward_OddSizes_MatchesReference(AttentionCase c)
    {
        using var device = Open(0);
        var inputs = new AttentionInputs();
        var qkv = inputs.Normal((long)c.Rows * c.Columns);
        var expected = AttentionReference.Forward(c, qkv);

        var (output, logSumExp) = Forward(device, c, qkv);

        AssertClose(expected.Output, output, 3e-6);
        AssertClose(expected.LogSumExp, logSumExp, 3e-6);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AttentionBackward_OddSizes_MatchesReference(AttentionCase c)
    {
        using var device = Open(0);
        var inputs = new AttentionInputs();
        var qkv = inputs.Normal((long)c.Rows * c.Columns);
        var dOutput = inputs.Normal((long)c.Rows * c.NH * c.HS);
        var (output, logSumExp) = Forward(device, c, qkv);

        var dQkv = Backward(device, c, qkv, dOutput, output, logSumExp);

        AssertClose(AttentionReference.Backward(c, qkv, dOutput), dQkv, 6e-6);
    }

    [Fact]
    public void AttentionBackward_CentralDifferences_Agree()
    {
        using var device = Open(0);
        var c = new AttentionCase(1, 11, 4, 2, 6, 0.4f, [0.5f, 0.25f, 0.125f, 0.0625f]);
        var inputs = new AttentionInputs();
        var qkv = inputs.Normal((long)c.Rows * c.Columns);
        var dOutput = inputs.Normal((long)c.Rows * c.NH * c.HS);
        var (output, logSumExp) = Forward(device, c, qkv);
        var dQkv = Backward(device, c, qkv, dOutput, output, logSumExp);

        double Loss() => AttentionReference.Forward(c, qkv).Output.Zip(dOutput, (y, dy) => y * dy).Sum();
        const double Step = 1e-5;
        for (var i = 0; i < qkv.Length; i++)
        {
            var value = qkv[i];
            qkv[i] = value + Step;
            var above = Loss();
            qkv[i] = value - Step;
            var below = Loss();
            qkv[i] = value;
            Assert.Equal((above - below) / (2 * Step), dQkv[i], 2e-5);
        }
    }

    [Fact]
    public void AttentionForward_LargeScores_StayFinite()
    {
        using var device = Open(0);
        var c = new AttentionCase(1, 70, 2, 1, 20, 30f);
        var qkv = new AttentionInputs().Normal((long)c.Rows * c.Columns, 3);

        var (output, logSumExp) = Forward(device, c, qkv);

        AssertClose(AttentionReference.Forward(c, qkv).LogSumExp, logSumExp, 1e-6);
        Assert.DoesNotContain(output, v => !float.IsFinite(v));
    }

    [Fact]
    public void AttentionForward_NanInOneKey_ReachesLaterQueriesOnly()
    {
        using var device = Open(0);
        var c = new AttentionCase(1, 90, 1, 1, 24, 0.2f);
        var qkv = new AttentionInputs().Normal((long)c.Rows * c.Columns);
        qkv[c.At(0, 50, 1, 3)] = double.NaN;

        var (output, _) = Forward(device, c, qkv);

        Assert.DoesNotContain(output[..(50 * c.HS)], float.IsNaN);
        Assert.DoesNotContain(output[(50 * c.HS)..], v => !float.IsNaN(v));
    }

    [Fact]
    public void Attention_AnyThreadCount_SameBits()
    {
        var c = new AttentionCase(2, 150, 6, 3, 40, 0.2f);
        var inputs = new AttentionInputs();
        var qkv = inputs.Normal((long)c.Rows * c.Columns);
        var dOutput = inputs.Normal((long)c.Rows * c.NH * c.HS);
        var results = new List<(float[] Output, float[] LogSumExp, float[] DQkv)>();
        foreach (var threads in new[] { 1, 1, 2, 3 })
        {
            using var device = Open(threads);
            var (output, logSumExp) = Forward(device, c, qkv);
            results.Add((output, logSumExp, Backward(device, c, qkv, dOutput, output, logSumExp)));
        }

        Assert.All(results, r => Assert.Equal(results[0].Output, r.Output));
        Assert.All(results, r => Assert.Equal(results[0].LogSumExp, r.LogSumExp));
        Assert.All(results, r => Assert.Equal(results[0].DQkv, r.DQkv));
    }

    [Fact]
    public void Attention_BatchOfOne_SameBitsAsInsideABatch()
    {
        using var device = Open(0);
        var both = new AttentionCase(2, 75, 2, 1, 16, 0.25f);
        var one = both with { B = 1 };
        var qkv = new AttentionInputs().Normal((long)both.Rows * both.Columns);

        var (outputs, _) = Forward(device, both, qkv);
        var (second, _) = Forward(device, one, qkv[(one.Rows * one.Columns)..]);

        Assert.Equal(outputs[(one.Rows * one.NH * one.HS)..], second);
    }

    [Theory]
    [InlineData(64, 64, false)]
    [InlineData(10, 10, true)]
    [InlineData(80, 20, false)]
    [InlineData(36, 18, true)]
    public void Rope_PartialAndInverse_MatchesReference(int HS, int r, bool inverse)
    {
        using var device = Open(0);
        var c = new AttentionCase(2, 13, 4, 2, HS, 1);
        const int Offset = 3;
        var inputs = new AttentionInputs();
        var qkv = inputs.Normal((long)c.Rows * c.Columns);
        var cosSin = Table(c.T + Offset, r);
        using var tensor = new Guarded(device, qkv, c.B, c.T, c.Columns);
        using var table = new Guarded(device, cosSin, c.T + Offset, r);

        device.Ops.Rope(tensor.Tensor, table.Tensor, Shape(c, null), Offset, inverse);

        AssertClose(AttentionReference.Rope(c, qkv, cosSin, r, Offset, inverse), tensor.Values(), 1e-6);
    }

    [Fact]
    public void Rope_OffsetsOfSequences_MatchTheReference()
    {
        using var device = Open(0);
        var c = new AttentionCase(3, 5, 2, 1, 12, 1);
        int[] starts = [4, 0, 7];
        var qkv = new AttentionInputs().Normal((long)c.Rows * c.Columns);
        var cosSin = Table(12, 8);
        using var tensor = new Guarded(device, qkv, c.B, c.T, c.Columns);
        using var table = new Guarded(device, cosSin, 12, 8);
        using var offsets = new Guarded(device, DType.I32, c.B);
        offsets.Tensor.Upload<int>(starts);

        device.Ops.Rope(tensor.Tensor, table.Tensor, Shape(c, null), offsets.Tensor);

        for (var b = 0; b < c.B; b++)
        {
            var range = (b * c.T * c.Columns)..((b + 1) * c.T * c.Columns);
            var expected = AttentionReference.Rope(c with { B = 1 }, qkv[range], cosSin, 8, starts[b], false);
            AssertClose(expected, tensor.Values()[range], 1e-6);
        }
    }

    [Fact]
    public void Rope_ThenInverse_GivesTheInputAndLeavesValuesAlone()
    {
        using var device = Open(0);
        var c = new AttentionCase(1, 20, 2, 1, 24, 1);
        var qkv = new AttentionInputs().Normal((long)c.Rows * c.Columns);
        using var tensor = new Guarded(device, qkv, c.Rows, c.Columns);
        using var table = new Guarded(device, Table(c.T, 24), c.T, 24);

        device.Ops.Rope(tensor.Tensor, table.Tensor, Shape(c, null));
        var rotated = tensor.Values();
        device.Ops.Rope(tensor.Tensor, table.Tensor, Shape(c, null), inverse: true);

        AssertClose(qkv, tensor.Values(), 1e-6);
        for (var t = 0; t < c.T; t++)
        {
            for (var d = 0; d < c.HS; d++)
            {
                Assert.Equal((float)qkv[c.At(0, t, 3, d)], rotated[c.At(0, t, 3, d)]);
            }
        }
    }

    [Fact]
    public void Attention_RepeatedCalls_AllocateNothing()
    {
        using var device = Open(0);
        var c = new AttentionCase(1, 96, 4, 2, 32, 0.2f);
        var qkv = new AttentionInputs().Normal((long)c.Rows * c.Columns);
        using var tensor = new Guarded(device, qkv, c.Rows, c.Columns);
        using var table = new Guarded(device, Table(c.T, 32), c.T, 32);
        using var output = new Guarded(device, DType.F32, c.Rows, c.NH * c.HS);
        using var logSumExp = new Guarded(device, DType.F32, c.B, c.NH, c.T);
        using var dQkv = new Guarded(device, DType.F32, c.Rows, c.Columns);
        var shape = Shape(c, null);
        void Step()
        {
            device.Ops.Rope(tensor.Tensor, table.Tensor, shape);
            device.Ops.AttentionForward(output.Tensor, logSumExp.Tensor, tensor.Tensor, shape);
            device.Ops.AttentionBackward(dQkv.Tensor, output.Tensor, output.Tensor, logSumExp.Tensor, tensor.Tensor, shape);
        }

        Step();
        Step();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Step();
        Step();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Attention_WrongShapes_SayWhatWasExpected()
    {
        using var device = Open(1);
        using var qkv = device.Allocate(4096);
        var tensor = new Tensor(qkv, 0, new Shape(4, 12), DType.F32);
        var shape = new AttentionShape(1, 4, 3, 2, 2, 1);

        var heads = Assert.Throws<ShapeException>(() => device.Ops.AttentionForward(tensor, tensor, tensor, shape));
        var columns = Assert.Throws<ShapeException>(
            () => device.Ops.AttentionForward(tensor, tensor, tensor, shape with { NKV = 1 }));
        var table = Assert.Throws<ShapeException>(
            () => device.Ops.Rope(tensor, new Tensor(qkv, 0, new Shape(3, 2), DType.F32), shape with { NH = 2 }));

        Assert.Contains("NKV dividing NH", heads.Message, StringComparison.Ordinal);
        Assert.Contains("AttentionForward: qkv: expected F32 (4, 10), got F32 (4, 12).", columns.Message, StringComparison.Ordinal);
        Assert.Contains("at least 4 positions", table.Message, StringComparison.Ordinal);
    }

    /// <summary>Opens the device under test.</summary>
    protected abstract Device Open(int threads);

    protected (float[] Output, float[] LogSumExp) Forward(Device device, AttentionCase c, double[] qkv)
    {
        using var tensor = new Guarded(device, qkv, c.B, c.T, c.Columns);
        using var slopes = c.Slopes is null ? null : new Guarded(device, Array.ConvertAll(c.Slopes, v => (double)v), c.NH);
        using var output = new Guarded(device, DType.F32, c.B, c.T, c.NH * c.HS);
        using var logSumExp = new Guarded(device, DType.F32, c.B, c.NH, c.T);
        CallForward(device, output.Tensor, logSumExp.Tensor, tensor.Tensor, Shape(c, slopes?.Tensor));
        return (output.Values(), logSumExp.Values());
    }

    protected float[] Backward(
        Device device, AttentionCase c, double[] qkv, double[] dOutput, float[] output, float[] logSumExp)
    {
        using var tensor = new Guarded(device, qkv, c.B, c.T, c.Columns);
        using var slopes = c.Slopes is null ? null : new Guarded(device, Array.ConvertAll(c.Slopes, v => (double)v), c.NH);
        using var dy = new Guarded(device, dOutput, c.B, c.T, c.NH * c.HS);
        using var y = new Guarded(device, Array.ConvertAll(output, v => (double)v), c.B, c.T, c.NH * c.HS);
        using var saved = new Guarded(device, Array.ConvertAll(logSumExp, v => (double)v), c.B, c.NH, c.T);
        using var dQkv = new Guarded(device, DType.F32, c.B, c.T, c.Columns);
        CallBackward(device, dQkv.Tensor, dy.Tensor, y.Tensor, saved.Tensor, tensor.Tensor, Shape(c, slopes?.Tensor));
        return dQkv.Values();
    }

    protected virtual void CallForward(
        Device device, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape) =>
        device.Ops.AttentionForward(output, logSumExp, qkv, shape);

    protected virtual void CallBackward(
        Device device, Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape) =>
        device.Ops.AttentionBackward(dQkv, dOutput, output, logSumExp, qkv, shape);

    private static AttentionShape Shape(AttentionCase c, Tensor? slopes) =>
        new(c.B, c.T, c.NH, c.NKV, c.HS, c.Scale, slopes);

    private static double[] Table(int positions, int r)
    {
        var table = new double[positions * r];
        for (var p = 0; p < positions; p++)
        {
            for (var i = 0; i < r / 2; i++)
            {
                var angle = p * Math.Pow(10000, -2.0 * i / r);
                table[p * r + i] = (float)Math.Cos(angle);
                table[p * r + r / 2 + i] = (float)Math.Sin(angle);
            }
        }

        return table;
    }

    /// <summary>Largest difference, relative to the largest expected value or 1.</summary>
    private static void AssertClose(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var scale = Math.Max(1, expected.Max(Math.Abs));
        for (var i = 0; i < actual.Length; i++)
        {
            var difference = Math.Abs(expected[i] - actual[i]) / scale;
            Assert.True(difference <= tolerance, $"element {i}: expected {expected[i]:G9}, got {actual[i]:G9}.");
        }
    }
}
