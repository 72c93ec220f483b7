using Inheritune.Kernels;

namespace Kernels.Tests.Attention;

/// <summary>
/// A tensor between two guard bands. It starts poisoned with NaN, so that what an operation fails to write is
/// seen; the bands hold a pattern, so that what it writes beside the tensor is seen.
/// </summary>
public sealed class Guarded : IDisposable
{
    private const int Band = 256;
    private const int Pattern = 0x5AFEBA2D;
    private readonly DeviceMemory _memory;
    private readonly Tensor _all;

    public Guarded(Device device, DType dtype, params ReadOnlySpan<long> dimensions)
    {
        var shape = new Shape(dimensions);
        _memory = device.Allocate((shape.Count + 2 * Band) * sizeof(float));
        _all = new Tensor(_memory, 0, new Shape(shape.Count + 2 * Band), DType.I32);
        var values = new int[_all.Count];
        Array.Fill(values, Pattern);
        values.AsSpan(Band, (int)shape.Count).Fill(BitConverter.SingleToInt32Bits(float.NaN));
        _all.Upload<int>(values);
        Tensor = new Tensor(_memory, Band * sizeof(float), shape, dtype);
    }

    public Guarded(Device device, double[] values, params ReadOnlySpan<long> dimensions)
        : this(device, DType.F32, dimensions) => Tensor.Upload<float>(Array.ConvertAll(values, v => (float)v));

    public Tensor Tensor { get; }

    public float[] Values()
    {
        CheckBands();
        return Tensor.ToArray();
    }

    public int[] Counts()
    {
        CheckBands();
        var counts = new int[Tensor.Count];
        Tensor.ReadToHost<int>(counts);
        return counts;
    }

    public void Dispose() => _memory.Dispose();

    private void CheckBands()
    {
        var values = new int[_all.Count];
        _all.ReadToHost<int>(values);
        Assert.DoesNotContain(values[..Band], v => v != Pattern);
        Assert.DoesNotContain(values[^Band..], v => v != Pattern);
    }
}
