namespace Inheritune.Kernels;

public abstract partial class Ops
{
    /// <summary>y = x, between tensors of one element type and count.</summary>
    public void Copy(Tensor output, Tensor input)
    {
        RequireCount(nameof(Copy), nameof(output), output, input.DType, input.Count);
        CopyCore(output, input);
    }

    /// <summary>y = value everywhere, f32 or bf16.</summary>
    public void Fill(Tensor output, float value)
    {
        FloatType(nameof(Fill), nameof(output), output);
        FillCore(output, value);
    }

    /// <summary>y ← y + x, both f32 or both bf16.</summary>
    public void Add(Tensor output, Tensor input)
    {
        var dtype = FloatType(nameof(Add), nameof(input), input);
        RequireCount(nameof(Add), nameof(output), output, dtype, input.Count);
        AddCore(output, input);
    }

    /// <summary>y ← s · y, f32 or bf16.</summary>
    public void Scale(Tensor output, float factor)
    {
        FloatType(nameof(Scale), nameof(output), output);
        ScaleCore(output, factor);
    }

    /// <summary>Converts between f32 and bf16 (nearest, ties to even, NaN stays NaN).</summary>
    public void Cast(Tensor output, Tensor input)
    {
        if (output.DType == DType.I32 || input.DType == DType.I32 || output.Count != input.Count)
        {
            Throw(nameof(Cast), $"expected floating tensors of one count, got {output} and {input}.");
        }

        CastCore(output, input);
    }

    /// <summary>
    /// Normal values from a counter-based generator: element i is a function of (seed, stream, i) alone, so the result does
    /// not depend on threads, devices or the order of calls. Philox 4×32-10 (doi:10.1145/2063384.2063405) and Box–Muller.
    /// </summary>
    /// <param name="output">f32. Overwritten.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="stream">Which tensor: a hash of its name.</param>
    /// <param name="standardDeviation">Spread; the mean is 0.</param>
    public void RandomNormal(Tensor output, ulong seed, ulong stream, float standardDeviation)
    {
        RequireCount(nameof(RandomNormal), nameof(output), output, DType.F32, output.Count);
        RandomNormalCore(output, seed, stream, standardDeviation);
    }

    private protected abstract void CopyCore(Tensor output, Tensor input);

    private protected abstract void FillCore(Tensor output, float value);

    private protected abstract void AddCore(Tensor output, Tensor input);

    private protected abstract void ScaleCore(Tensor output, float factor);

    private protected abstract void CastCore(Tensor output, Tensor input);

    private protected abstract void RandomNormalCore(Tensor output, ulong seed, ulong stream, float standardDeviation);
}
