using System.Runtime.CompilerServices;
using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// What happens to a block of the product when its sums are complete, while it is still in the first-level
/// cache: bias and non-linearity of the forward pass, or the derivative of the non-linearity of the backward
/// pass.
/// </summary>
internal unsafe struct GemmFinish
{
    /// <summary>Added to each row, or null.</summary>
    public float* Bias;

    /// <summary>Where the argument of the non-linearity is kept, laid out as the result; or null.</summary>
    public float* Saved;

    /// <summary>
    /// Argument of the non-linearity whose derivative multiplies the product, laid out as the result; or
    /// null.
    /// </summary>
    public float* Argument;

    public Activation Activation;

    /// <summary>Whether there is anything to do.</summary>
    public readonly bool IsNeeded => Bias != null || Saved != null || Activation != Activation.None;

    /// <summary>
    /// Finishes rows of <paramref name="columns"/> elements that begin at (row, column) of the result.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Apply<TLanes>(
        float* result, long stride, long row, long column, long rows, long columns)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        switch (Activation)
        {
            case Activation.GeluTanh:
                Apply<TLanes, GeluTanhFunction>(result, stride, row, column, rows, columns);
                break;
            case Activation.GeluErf:
                Apply<TLanes, GeluErfFunction>(result, stride, row, column, rows, columns);
                break;
            case Activation.Relu:
                Apply<TLanes, ReluFunction>(result, stride, row, column, rows, columns);
                break;
            case Activation.Silu:
                Apply<TLanes, SiluFunction>(result, stride, row, column, rows, columns);
                break;
            default: Apply<TLanes, IdentityFunction>(result, stride, row, column, rows, columns); break;
        }
    }

    /// <summary>Adds a block of products times the derivative to the result.</summary>
    /// <param name="product">The block, <paramref name="productStride"/> elements to a row.</param>
    /// <param name="productStride">Row length of the block.</param>
    /// <param name="result">The whole result.</param>
    /// <param name="stride">Row length of the result.</param>
    /// <param name="row">First row.</param>
    /// <param name="column">First column.</param>
    /// <param name="rows">Rows of the block.</param>
    /// <param name="columns">Columns of the block.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void AddTo<TLanes>(
        float* product, long productStride, float* result, long stride, long row, long column, long rows,
        long columns)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var block = this;
        block.Argument = Argument + row * stride + column;
        for (long i = 0; i < rows; i++)
        {
            block.Apply<TLanes>(product + i * productStride, 0, 0, 0, 1, columns);
            block.Argument += stride;
            var target = result + (row + i) * stride + column;
            for (long j = 0; j < columns; j += TLanes.Count)
            {
                var left = columns - j;
                var sum = Lanes.Read<TLanes>(target + j, left)
                    + Lanes.Read<TLanes>(product + i * productStride + j, left);
                Lanes.Write(sum, target + j, left);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Apply<TLanes, TActivation>(
        float* result, long stride, long row, long column, long rows, long columns)
        where TLanes : unmanaged, ILanes<TLanes>
        where TActivation : unmanaged, IActivation
    {
        for (var i = row; i < row + rows; i++)
        {
            for (long j = 0; j < columns; j += TLanes.Count)
            {
                var left = columns - j;
                var at = i * stride + column + j;
                var value = Lanes.Read<TLanes>(result + at, left);
                if (Argument != null)
                {
                    value *= TActivation.Derivative(Lanes.Read<TLanes>(Argument + at, left));
                }
                else
                {
                    if (Bias != null)
                    {
                        value += Lanes.Read<TLanes>(Bias + column + j, left);
                    }

                    if (Saved != null)
                    {
                        Lanes.Write(value, Saved + at, left);
                    }

                    value = TActivation.Value(value);
                }

                Lanes.Write(value, result + at, left);
            }
        }
    }
}
