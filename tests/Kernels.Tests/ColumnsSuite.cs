using Inheritune.Kernels;

namespace Kernels.Tests;

/// <summary>Bands of columns and limits on elements: exact operations.</summary>
public abstract class ColumnsSuite : DeviceSuite
{
    [Theory]
    [InlineData(1, 1, 1, 0, 0, 1)]
    [InlineData(5, 13, 7, 3, 2, 5)]
    [InlineData(67, 96, 32, 64, 0, 32)]
    [InlineData(3, 32, 100, 0, 65, 31)]
    public void CopyColumns_AnyBand_CopiesItAndNothingElse(
        int rows, int outputColumns, int inputColumns, int outputColumn, int inputColumn, int columns)
    {
        var (before, x) = (NormalValues(rows * outputColumns), NormalValues(rows * inputColumns));
        var output = Make(before, rows, outputColumns);
        Ops.CopyColumns(output, outputColumn, Make(x, rows, inputColumns), inputColumn, columns);
        var actual = output.ToArray();
        for (var i = 0; i < actual.Length; i++)
        {
            var (row, band) = (i / outputColumns, i % outputColumns - outputColumn);
            var isInside = band >= 0 && band < columns;
            Assert.Equal(isInside ? x[row * inputColumns + inputColumn + band] : before[i], actual[i]);
        }
    }

    [Fact]
    public void CopyColumns_HalfPrecision_CopiesTheBits()
    {
        var (input, output) = (Guarded(DType.BF16, 2, 3), Guarded(DType.BF16, 2, 2));
        input.Upload<ushort>([1, 2, 3, 4, 5, 6]);
        output.Upload<ushort>([0, 0, 0, 0]);
        Ops.CopyColumns(output, 0, input, 1, 2);
        var actual = new ushort[4];
        output.ReadToHost<ushort>(actual);
        Assert.Equal([2, 3, 5, 6], actual);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(65)]
    [InlineData(4099)]
    public void Clamp_ForwardAndBackward_Exact(int count)
    {
        const float Limit = 0.75f;
        var (x, dy) = (NormalValues(count), NormalValues(count));
        x[count / 2] = Limit;
        var (output, gradient) = (Make(x, count), Make(dy, count));
        Ops.Clamp(output, Limit);
        Ops.ClampBackward(gradient, output, Limit);
        Assert.Equal(x.Select(v => Math.Clamp(v, -Limit, Limit)), output.ToArray());
        Assert.Equal(x.Zip(dy, (v, d) => Math.Abs(v) < Limit ? d : 0), gradient.ToArray());
    }

    [Fact]
    public void Clamp_SpecialValues_AreLimitedAndNaNStays()
    {
        var output = Make([float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f, 2, -2], 6);
        Ops.Clamp(output, 2);
        Assert.Equal([float.NaN, 2, -2, -0f, 2, -2], output.ToArray());
    }

    [Fact]
    public void Columns_WrongOperands_AreNamed()
    {
        var (wide, narrow) = (Poisoned(2, 5), Poisoned(2, 3));
        RequireError(
            "CopyColumns: columns 3..6 of (2, 5) to column 0 of (2, 3): expected a band inside both.",
            () => Ops.CopyColumns(narrow, 0, wide, 3, 3));
        RequireError(
            "CopyColumns: output: expected F32 (2, 3), got F32 (3, 3).",
            () => Ops.CopyColumns(Poisoned(3, 3), 0, wide, 0, 1));
        RequireError("Clamp: limit: expected a number above 0, got 0.", () => Ops.Clamp(wide, 0));
        RequireError(
            "ClampBackward: dOutput: expected F32 (10), got F32 (2, 3).", () => Ops.ClampBackward(narrow, wide, 1));
    }

    [Fact]
    public void Columns_RepeatedCalls_AllocateNothing()
    {
        var (wide, narrow) = (Normal(40, 500), Normal(40, 300));
        _ = Ops;
        RequireNoAllocation(() =>
        {
            Ops.CopyColumns(wide, 100, narrow, 0, 300);
            Ops.Clamp(wide, 1);
            Ops.ClampBackward(wide, wide, 2);
        });
    }
}
