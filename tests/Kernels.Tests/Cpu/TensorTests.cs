using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Kernels.Tests.Cpu;

public sealed class TensorTests : IDisposable
{
    private readonly CpuDevice _device = new(1);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Shape_Dimensions_CountRowsAndText()
    {
        var shape = new Shape(2, 3, 5);
        Assert.Equal((3, 30, 5, 6), (shape.Rank, shape.Count, shape.Columns, shape.Rows));
        Assert.Equal("(2, 3, 5)", shape.ToString());
        Assert.Equal("(7)", new Shape(7).ToString());
        Assert.Equal("(1, 2, 3, 4)", new Shape(1, 2, 3, 4).ToString());
        Assert.Equal(0, new Shape(4, 0).Rows);
        Assert.Equal(new Shape(2, 3), new Shape(2, 3));
        Assert.NotEqual(new Shape(6), new Shape(2, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => shape[3]);
    }

    [Fact]
    public void Shape_Wrong_SaysWhy()
    {
        Requires("Shape: rank: expected 1 to 4 dimensions, got 0.", () => new Shape(Array.Empty<long>()));
        Requires("Shape: rank: expected 1 to 4 dimensions, got 5.", () => new Shape(1, 1, 1, 1, 1));
        Requires("Shape: dimension 1: expected 0 or more, got -2.", () => new Shape(3, -2));
        Assert.Throws<OverflowException>(() => new Shape(long.MaxValue, 2));
    }

    [Fact]
    public void Tensor_OutsideItsMemory_SaysWhy()
    {
        using var memory = _device.Allocate(64);
        Requires(
            "Tensor: F32 (17) at byte 0: expected to lie inside 64 bytes.",
            () => new Tensor(memory, 0, new Shape(17), DType.F32));
        Requires(
            "Tensor: F32 (1) at byte 2: expected to lie inside 64 bytes.",
            () => new Tensor(memory, 2, new Shape(1), DType.F32));
        Requires(
            "Tensor: F32 (1) at byte -4: expected to lie inside 64 bytes.",
            () => new Tensor(memory, -4, new Shape(1), DType.F32));
        Assert.Equal("BF16 (32) on cpu", new Tensor(memory, 0, new Shape(32), DType.BF16).ToString());
    }

    [Fact]
    public void SliceAndView_ShareMemory()
    {
        var tensor = _device.AllocateTensor(DType.F32, 4, 3);
        tensor.Upload<float>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        Assert.Equal([3, 4, 5, 6, 7, 8], tensor.Slice(1, 2).ToArray());
        Assert.Empty(tensor.Slice(4, 0).ToArray());
        var view = tensor.View(2, 2);
        Assert.Equal([0, 1, 2, 3], view.ToArray());
        view.Upload<float>([9, 9, 9, 9]);
        Assert.Equal([9, 9, 9, 9, 4], tensor.ToArray()[..5]);
    }

    [Fact]
    public void SliceViewUpload_Wrong_SaysWhy()
    {
        var tensor = _device.AllocateTensor(DType.F32, 4, 3);
        Requires("Slice: rows 3..5: expected inside (4, 3).", () => tensor.Slice(3, 2));
        Requires("Slice: rows -1..0: expected inside (4, 3).", () => tensor.Slice(-1, 1));
        Requires("View: expected at most 12 elements as in (4, 3), got (13).", () => tensor.View(13));
        Requires(
            "Upload: host buffer: expected 48 bytes for F32 (4, 3) on cpu, got 4.", () => tensor.Upload<float>([1]));
        Requires(
            "ReadToHost: host buffer: expected 48 bytes for F32 (4, 3) on cpu, got 8.",
            () => tensor.ReadToHost<float>(new float[2]));
    }

    [Fact]
    public void Device_Wrong_SaysWhy()
    {
        Assert.Equal(
            "--device: 'tpu': expected auto, cpu, cuda, cuda:N, simt or simt:checked.",
            Assert.Throws<DeviceException>(() => Devices.Open("tpu")).Message);
        Assert.Equal(
            "--threads: expected 0 (one per core) or more, got -1.",
            Assert.Throws<DeviceException>(() => new CpuDevice(-1)).Message);
        Assert.StartsWith(
            "Allocate: 4398046511104.0 MiB on cpu: out of memory, free ",
            Assert.Throws<DeviceException>(() => _device.Allocate(1L << 62)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_Disposed_CannotBeUsed()
    {
        var memory = _device.Allocate(16);
        var tensor = new Tensor(memory, 0, new Shape(4), DType.F32);
        memory.Dispose();
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor.ToArray());
    }

    [Fact]
    public void Memory_Address_IsAligned()
    {
        using var memory = _device.Allocate(1);
        Assert.Equal(0, memory.Address % 256);
    }

    private static void Requires(string text, Func<object> action) =>
        Assert.Equal(text, Assert.Throws<ShapeException>(action).Message);

    private static void Requires(string text, Action action) =>
        Assert.Equal(text, Assert.Throws<ShapeException>(action).Message);
}
