using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>One row of the table of operations.</summary>
/// <param name="Name">Operation and what sets this row apart.</param>
/// <param name="Flops">Floating-point operations of one call; 0 where memory is the limit.</param>
/// <param name="Bytes">Bytes that a call must read and write.</param>
/// <param name="Prepare">Allocates the operands and returns the call.</param>
public sealed record OpsBenchCase(string Name, double Flops, double Bytes, Func<OpsWorkspace, Action> Prepare);

/// <summary>Operands of one row; freed together.</summary>
public sealed class OpsWorkspace(Device device, DType element) : IDisposable
{
    private readonly List<Tensor> _tensors = [];
    private ulong _stream;

    public Ops Ops => device.Ops;

    /// <summary>Type of activations, weights and gradients.</summary>
    public DType Element => element;

    /// <summary>Normal values: random data, because constants draw less power and read too fast.</summary>
    public Tensor Normal(params ReadOnlySpan<long> dimensions)
    {
        var values = device.AllocateTensor(DType.F32, dimensions);
        Ops.RandomNormal(values, 1, ++_stream, 1);
        if (element == DType.F32)
        {
            return Keep(values);
        }

        var tensor = Keep(device.AllocateTensor(element, dimensions));
        Ops.Cast(tensor, values);
        device.Synchronize();
        values.Memory.Dispose();
        return tensor;
    }

    /// <summary>A constant.</summary>
    public Tensor Constant(float value, params ReadOnlySpan<long> dimensions) => Filled(element, value, dimensions);

    /// <summary>A constant that is f32 whatever the elements are: norms' statistics, losses, moments.</summary>
    public Tensor Statistic(float value, params ReadOnlySpan<long> dimensions) => Filled(DType.F32, value, dimensions);

    /// <summary>Halves, touched.</summary>
    public Tensor Halves(long count)
    {
        var tensor = Keep(device.AllocateTensor(DType.BF16, count));
        tensor.Upload<byte>(new byte[tensor.SizeBytes]);
        return tensor;
    }

    /// <summary>Random integers below <paramref name="limit"/>.</summary>
    public Tensor Integers(int count, int limit)
    {
        var random = new Random(1);
        var values = new int[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = random.Next(limit);
        }

        var tensor = Keep(device.AllocateTensor(DType.I32, count));
        tensor.Upload<int>(values);
        return tensor;
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors)
        {
            tensor.Memory.Dispose();
        }
    }

    private Tensor Filled(DType dtype, float value, ReadOnlySpan<long> dimensions)
    {
        var tensor = Keep(device.AllocateTensor(dtype, dimensions));
        Ops.Fill(tensor, value);
        return tensor;
    }

    private Tensor Keep(Tensor tensor)
    {
        _tensors.Add(tensor);
        return tensor;
    }
}
