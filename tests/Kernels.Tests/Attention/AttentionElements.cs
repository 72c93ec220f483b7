using Inheritune.Kernels;

namespace Kernels.Tests.Attention;

/// <summary>
/// Base of the attention suites: tensors of one element type. Inputs are rounded to it before the reference sees them, so
/// that only the operation's own errors are compared.
/// </summary>
public abstract class AttentionElements : DeviceSuite
{
    /// <summary>Element type of qkv, the output and their gradients.</summary>
    protected virtual DType Element => DType.F32;

    /// <summary>Half a unit in the last place of an element of 1.</summary>
    protected double Rounding => Element == DType.BF16 ? 1.0 / 512 : 1.0 / 16777216;

    /// <summary>Normal values, as the element type holds them.</summary>
    protected float[] Inputs(long count, double spread = 1) => Array.ConvertAll(NormalValues(count, spread), Round);

    /// <summary>A tensor of the element type.</summary>
    protected Tensor Upload(float[] values, params ReadOnlySpan<long> dimensions)
    {
        if (Element == DType.F32)
        {
            return Make(values, dimensions);
        }

        var tensor = Guarded(DType.BF16, dimensions);
        tensor.Upload<ushort>(Array.ConvertAll(values, ToBf16));
        return tensor;
    }

    /// <summary>A tensor of the element type, full of NaN.</summary>
    protected Tensor Output(params ReadOnlySpan<long> dimensions)
    {
        var values = new float[new Shape(dimensions).Count];
        Array.Fill(values, float.NaN);
        return Upload(values, dimensions);
    }

    /// <summary>The values of a tensor of the element type.</summary>
    protected float[] Read(Tensor tensor)
    {
        if (Element == DType.F32)
        {
            return tensor.ToArray();
        }

        var bits = new ushort[tensor.Count];
        tensor.ReadToHost<ushort>(bits);
        return Array.ConvertAll(bits, b => BitConverter.Int32BitsToSingle(b << 16));
    }

    /// <summary>The slopes of a case, or null.</summary>
    protected Tensor? Slopes(AttentionCase c) => c.Slopes is null ? null : Make(c.Slopes, c.NH);

    /// <summary>
    /// ‖y − r‖ ≤ 2‖n − r‖ + a few roundings of the operands: y as tested, r the expected values, n those of a plain
    /// computation in the element type. NaN fails.
    /// </summary>
    protected void AssertClose(
        string what, double[] expected, float[] actual, double units, double[]? plain = null, double operandScale = 0.1)
    {
        var floor = units * Rounding * Math.Sqrt(
            Math.Max(Compare.Dot(expected, expected), operandScale * operandScale * expected.Length));
        var allowed = 2 * Distance(expected, plain ?? expected) + floor;
        var error = Distance(expected, actual.Doubles());
        Assert.True(error <= allowed, $"{what}: error {error:E2}, allowed {allowed:E2}.");
    }

    /// <summary>No element is farther off than the tolerance, relative to the largest expected value or 1.</summary>
    protected static void AssertWithin(string what, double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var allowed = tolerance * Math.Max(1, expected.Max(Math.Abs));
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= allowed,
                $"{what}: element {i}: expected {expected[i]:G9}, got {actual[i]:G9}.");
        }
    }

    /// <summary>To the element type.</summary>
    protected double Round(double value) => Round((float)value);

    private static double Distance(double[] left, double[] right) =>
        Math.Sqrt(left.Zip(right, (l, r) => (l - r) * (l - r)).Sum());

    private float Round(float value) =>
        Element == DType.BF16 ? BitConverter.Int32BitsToSingle(ToBf16(value) << 16) : value;

    private static ushort ToBf16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)(float.IsNaN(value) ? 0x7FFF : bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }
}
