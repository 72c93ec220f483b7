using Inheritune.Kernels;

namespace Kernels.Tests;

/// <summary>
/// Base of the suites of row-wise operations, which run for one element type: inputs are rounded to it before the float64
/// reference sees them, and the plain result that errors are measured by is rounded as well.
/// </summary>
public abstract class RowsSuite : DeviceSuite
{
    /// <summary>Element type of activations, weights and gradients.</summary>
    protected virtual DType Element => DType.F32;

    /// <summary>Largest relative error of one rounding to the element type, where that is coarser than f32.</summary>
    protected double Roundoff => Element == DType.BF16 ? 1.0 / 256 : 0;

    /// <summary>Normal values that the element type holds exactly.</summary>
    protected float[] Values(long count, double spread = 1, double mean = 0) =>
        Bf16.Rounded(Element, NormalValues(count, spread, mean));

    /// <summary>The value as the element type holds it.</summary>
    protected float Rounded(float value) => Element == DType.BF16 ? Bf16.Value(Bf16.Bits(value)) : value;

    /// <summary>A tensor of the element type.</summary>
    protected Tensor Put(float[] values, params ReadOnlySpan<long> dimensions) => Make(Element, values, dimensions);

    /// <summary>A tensor of the element type that does not start at a multiple of 16 bytes.</summary>
    protected Tensor PutShifted(float[] values, params ReadOnlySpan<long> dimensions)
    {
        var shape = new Shape(dimensions);
        var all = Make(Element, [0, .. values], shape.Count + 1);
        return new Tensor(all.Memory, all.ByteOffset + Element.SizeBytes(), shape, Element);
    }

    /// <summary>A tensor of normal values of the element type.</summary>
    protected Tensor Draw(params ReadOnlySpan<long> dimensions) =>
        Put(NormalValues(new Shape(dimensions).Count), dimensions);

    /// <summary>A tensor of the element type, full of NaN.</summary>
    protected Tensor Empty(params ReadOnlySpan<long> dimensions) => Poisoned(Element, dimensions);

    /// <summary>As <see cref="Compare.Close"/>, for a tensor of the element type.</summary>
    protected void Close(
        string what, Tensor actual, double[] reference, float[] naive, double floorUlps = 4, double operandScale = 0) =>
        Compare.Close(
            what, actual.Floats(), reference, Bf16.Rounded(Element, naive), floorUlps, operandScale, Roundoff);
}
