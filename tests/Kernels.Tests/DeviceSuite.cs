using Inheritune.Kernels;
using Inheritune.Kernels.Gpu;
using Kernels.Tests.Gpu;

namespace Kernels.Tests;

/// <summary>
/// Base of the op suites: a device, random inputs whose seed is printed, poisoned outputs, and guard bands around every
/// tensor that are checked when the test ends.
/// </summary>
public abstract class DeviceSuite : IDisposable
{
    private const int GuardBytes = 256;
    private const byte GuardByte = 0xA5;
    private readonly List<Tensor> _tensors = [];
    private readonly List<Device> _devices = [];
    private Device? _device;

    protected DeviceSuite()
    {
        Seed = int.TryParse(Environment.GetEnvironmentVariable("TEST_SEED"), out var seed) ? seed : Random.Shared.Next();
        Random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"TEST_SEED={Seed}");
    }

    protected int Seed { get; }

    protected Random Random { get; private set; }

    protected Device Device => _device ??= OpenDevice(2);

    protected Ops Ops => Device.Ops;

    /// <summary>The element types the device computes in, as an error names them.</summary>
    protected string FloatTypes => Ops.ComputesIn(DType.BF16) ? "F32 or BF16" : "F32";

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the tested device.</summary>
    protected abstract Device Open(int threads);

    /// <summary>A tensor with the values given.</summary>
    protected Tensor Make(float[] values, params ReadOnlySpan<long> dimensions)
    {
        var tensor = Guarded(DType.F32, dimensions);
        tensor.Upload<float>(values);
        return tensor;
    }

    /// <summary>A tensor of F32 or BF16 elements with the values given, which BF16 holds exactly or rounds.</summary>
    protected Tensor Make(DType dtype, float[] values, params ReadOnlySpan<long> dimensions)
    {
        var tensor = Guarded(dtype, dimensions);
        if (dtype == DType.BF16)
        {
            tensor.Upload<ushort>(Array.ConvertAll(values, Bf16.Bits));
        }
        else
        {
            tensor.Upload<float>(values);
        }

        return tensor;
    }

    /// <summary>An F32 or BF16 tensor full of NaN.</summary>
    protected Tensor Poisoned(DType dtype, params ReadOnlySpan<long> dimensions)
    {
        var values = new float[new Shape(dimensions).Count];
        Array.Fill(values, float.NaN);
        return Make(dtype, values, dimensions);
    }

    /// <summary>An i32 vector.</summary>
    protected Tensor Make(int[] values)
    {
        var tensor = Guarded(DType.I32, values.Length);
        tensor.Upload<int>(values);
        return tensor;
    }

    /// <summary>A tensor of normal values.</summary>
    protected Tensor Normal(params ReadOnlySpan<long> dimensions) =>
        Make(NormalValues(new Shape(dimensions).Count), dimensions);

    /// <summary>Normal values.</summary>
    protected float[] NormalValues(long count, double spread = 1, double mean = 0)
    {
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - Random.NextDouble()));
            values[i] = (float)(mean + spread * radius * Math.Cos(2 * Math.PI * Random.NextDouble()));
        }

        return values;
    }

    /// <summary>A tensor full of NaN: an output that is not wholly written shows.</summary>
    protected Tensor Poisoned(params ReadOnlySpan<long> dimensions)
    {
        var values = new float[new Shape(dimensions).Count];
        Array.Fill(values, float.NaN);
        return Make(values, dimensions);
    }

    /// <summary>A tensor between guard bands; its contents are the guard pattern.</summary>
    protected Tensor Guarded(DType dtype, params ReadOnlySpan<long> dimensions)
    {
        var shape = new Shape(dimensions);
        var sizeBytes = shape.Count * dtype.SizeBytes();
        var memory = Device.Allocate(sizeBytes + 2 * GuardBytes);
        var pattern = new byte[memory.SizeBytes];
        Array.Fill(pattern, GuardByte);
        Device.Upload(memory, 0, pattern);
        var tensor = new Tensor(memory, GuardBytes, shape, dtype);
        _tensors.Add(tensor);
        return tensor;
    }

    /// <summary>
    /// Runs the same work in several ways that must not matter: team sizes on a CPU, schedules of the emulator, twice on a
    /// GPU. All bits must agree.
    /// </summary>
    protected void RequireSameBits(Func<float[][]> work)
    {
        var expected = Array.Empty<float[]>();
        foreach (var (name, open) in Ways())
        {
            _device = open();
            Random = new Random(Seed);
            var actual = work();
            if (expected.Length == 0)
            {
                expected = actual;
            }

            for (var i = 0; i < actual.Length; i++)
            {
                Assert.True(
                    System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(actual[i]).SequenceEqual(
                        System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(expected[i])),
                    $"result {i} differs with {name} (seed {Seed})");
            }
        }
    }

    /// <summary>A repeated operation allocates no managed memory.</summary>
    protected static void RequireNoAllocation(Action operation)
    {
        // After a first call at most one of many may see an allocation: the runtime's own, such as compiling a method
        // again. An operation that allocates, be it only now and then, is found.
        operation();
        var calls = new long[20];
        for (var call = 0; call < calls.Length; call++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            operation();
            calls[call] = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.True(calls.Count(bytes => bytes != 0) <= 1, $"bytes by call: {string.Join(' ', calls)}");
    }

    /// <summary>The operation throws a shape error with exactly this text.</summary>
    protected static void RequireError(string text, Action operation) =>
        Assert.Equal(text, Assert.Throws<ShapeException>(operation).Message);

    protected virtual void Dispose(bool disposing)
    {
        foreach (var tensor in _tensors)
        {
            var bytes = new byte[tensor.Memory.SizeBytes];
            tensor.Device.ReadToHost(bytes, tensor.Memory, 0);
            var before = bytes.AsSpan(0, GuardBytes);
            var after = bytes.AsSpan(GuardBytes + (int)tensor.SizeBytes);
            Assert.False(before.ContainsAnyExcept(GuardByte), $"written before {tensor} (seed {Seed})");
            Assert.False(after.ContainsAnyExcept(GuardByte), $"written behind {tensor} (seed {Seed})");
            tensor.Memory.Dispose();
        }

        _tensors.Clear();
        foreach (var device in _devices)
        {
            device.Dispose();
        }

        _devices.Clear();
    }

    private IEnumerable<(string Name, Func<Device> Open)> Ways() => Device switch
    {
        GpuDevice { Properties.IsEmulated: true } => SimtSchedule.All(Seed).Select(
            schedule => (schedule.Name, (Func<Device>)(() =>
            {
                var device = OpenDevice(0);
                schedule.Apply();
                return device;
            }))),
        GpuDevice => [("one run", () => Device), ("another run", () => Device)],
        _ => ((int[])[1, 2, 2, 3, 5]).Select(
            threads => ($"{threads} threads", (Func<Device>)(() => OpenDevice(threads)))),
    };

    private Device OpenDevice(int threads)
    {
        var device = Open(threads);
        _devices.Add(device);
        return device;
    }
}
