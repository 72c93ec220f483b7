using Inheritune.Kernels;
using Inheritune.Kernels.Gpu;

namespace Kernels.Tests.Gpu;

/// <summary>Memory, launches, recordings and errors of the driver backend, on a GPU or on its emulator.</summary>
[Collection("simt")]
public sealed class GpuDeviceTests : IDisposable
{
    private static readonly KernelProgram Rows = new(ProgramKind.Rows, false, 0);
    private readonly List<IDisposable> _open = [];

    public void Dispose()
    {
        _open.Reverse();
        _open.ForEach(open => open.Dispose());
    }

    [Fact]
    public void Upload_LargerThanTheRing_ComesBack()
    {
        var device = Open();
        var values = Enumerable.Range(0, 6_000_001).ToArray();
        var tensor = Allocate(device, DType.I32, values.Length);

        tensor.Upload<int>(values);

        var read = new int[values.Length];
        tensor.ReadToHost<int>(read);
        Assert.True(read.AsSpan().SequenceEqual(values));
    }

    [Fact]
    public void Upload_SourceReusedAtOnce_TakesTheValuesOfTheCall()
    {
        var device = Open();
        var tensors = Enumerable.Range(0, 100).Select(_ => Allocate(device, DType.I32, 1000)).ToArray();
        var source = new int[1000];
        for (var i = 0; i < tensors.Length; i++)
        {
            Array.Fill(source, i);
            tensors[i].Upload<int>(source);
        }

        Array.Fill(source, -1);

        foreach (var (tensor, i) in tensors.Select((tensor, i) => (tensor, i)))
        {
            tensor.ReadToHost<int>(source);
            Assert.Equal(Enumerable.Repeat(i, 1000), source);
        }
    }

    [Fact]
    public void Kernel_Launched_ComputesAndAllocatesNothing()
    {
        var device = Open();
        var tensor = Allocate(device, DType.F32, 1000);
        Fill(device, tensor, 1);
        device.Synchronize();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++)
        {
            Fill(device, tensor, 2.5f);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(Enumerable.Repeat(2.5f, 1000), tensor.ToArray());
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Launch_WrongArguments_IsAnErrorOnTheEmulator()
    {
        var device = Open();
        Assert.SkipUnless(device.Properties.IsEmulated, "a GPU does not know");
        var arguments = default(KernelArguments);
        arguments.AddValue(0L);
        arguments.AddValue(1f);
        arguments.AddValue(1);
        arguments.AddValue(0);

        var error = Assert.Throws<DeviceException>(() => Launch(device, new LaunchShape(1, 256), arguments));

        Assert.StartsWith("fill: arguments: expected sizes 8 4 8 4 as kernels.cu declares, got 8 4 4 4.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Launch_BlockTooLarge_NamesKernelAndShape()
    {
        var device = Open();
        var tensor = Allocate(device, DType.F32, 10);

        var error = Assert.Throws<DeviceException>(() => Launch(device, new LaunchShape(3, 2048), FillArguments(tensor, 1)));

        Assert.StartsWith(
            $"fill (rows_f32) grid (3,1,1), block 2048, 0 shared bytes on {device.Name}: CUDA_ERROR_INVALID_VALUE (1)",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Kernel_Unknown_IsNamed()
    {
        var device = Open();

        var error = Assert.Throws<DeviceException>(() => device.Kernel("no_such_kernel", Rows));

        Assert.StartsWith(
            "no_such_kernel: kernels.cu compiled as rows_f32 has no such kernel: CUDA_ERROR_NOT_FOUND (500)", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Program_NotInTheEmulator_SaysWhichLineIsMissing()
    {
        var device = Open();
        Assert.SkipUnless(device.Properties.IsEmulated, "a GPU compiles everything");

        var error = Assert.Throws<DeviceException>(
            () => device.Kernel("fill", new KernelProgram(ProgramKind.Attention, true, 7777)));

        Assert.Contains("ELEMENT_BF16=1 HEAD_SIZE=7777 PROGRAM=3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_ThenLaunch_UsesWhatWasCompiled()
    {
        var device = Open();
        device.Prepare(DType.BF16, 64);
        device.Prepare([Rows, Rows, new KernelProgram(ProgramKind.Rows, true, 0)]);
        var tensor = Allocate(device, DType.F32, 10);

        Fill(device, tensor, 3);

        Assert.Equal(3, tensor.ToArray()[9]);
    }

    [Fact]
    public void Allocate_TooMuch_SaysWhatIsFree()
    {
        var device = Open();

        var error = Assert.Throws<DeviceException>(() => device.Allocate(1L << 45));

        Assert.StartsWith($"Allocate: 33554432.0 MiB on {device.Name}: out of memory, free ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Allocate_Often_FreesWhatNobodyHolds()
    {
        var device = Open();
        Assert.SkipWhen(device.Name == "simt:checked", "bookkeeping of every byte makes this slow");
        var free = device.FreeMemoryBytes;
        for (var i = 0; i < 40; i++)
        {
            AllocateAndForget(device, free / 16);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        device.Synchronize();
    }

    [Fact]
    public void Recording_Replayed_RunsWhatWasRecorded()
    {
        var device = Open();
        var first = Allocate(device, DType.F32, 300);
        var second = Allocate(device, DType.F32, 300);
        Fill(device, first, 1);
        Fill(device, second, 1);

        var recording = Keep(device.Record(() =>
        {
            Fill(device, first, 3);
            device.CopyBytes(second.Address, first.Address, first.SizeBytes);
            device.FillBytes(first.Address, 0, first.SizeBytes);
        }));
        Assert.Equal(1, first.ToArray()[0]);
        recording.Replay();
        recording.Replay();

        Assert.Equal(Enumerable.Repeat(0f, 300), first.ToArray());
        Assert.Equal(Enumerable.Repeat(3f, 300), second.ToArray());
    }

    [Fact]
    public void Recording_WorkThatMovesHostData_IsRefusedAndTheDeviceGoesOn()
    {
        var device = Open();
        var tensor = Allocate(device, DType.F32, 3);

        var error = Assert.Throws<DeviceException>(() => device.Record(() => tensor.Upload<float>([1, 2, 3])));
        Assert.StartsWith($"Upload on {device.Name}: expected outside a recording.", error.Message, StringComparison.Ordinal);

        Fill(device, tensor, 4);
        Assert.Equal([4, 4, 4], tensor.ToArray());
    }

    [Fact]
    public void Scratch_Grown_KeepsEarlierAddressesAlive()
    {
        var device = Open();
        var small = device.Scratch(1000);
        Assert.Equal(small, device.Scratch(10));

        var large = device.Scratch(5 << 20);

        Assert.NotEqual(small, large);
        device.FillBytes(small, 1, 1000);
        device.FillBytes(large, 1, 5 << 20);
        device.Synchronize();
    }

    [Fact]
    public void Device_OtherThreads_FindItsContext()
    {
        var device = Open();
        var tensor = Allocate(device, DType.F32, 100);
        for (var i = 0; i < 8; i++)
        {
            Exception? failure = null;
            var thread = new Thread(() => failure = Xunit.Record.Exception(() => Fill(device, tensor, i)));
            thread.Start();
            thread.Join();
            Assert.Null(failure);
            Assert.Equal(i, tensor.ToArray()[99]);
        }
    }

    [Fact]
    public void Device_TwoOfThem_ShareNothing()
    {
        var first = Open();
        var second = GpuTests.OpenAny();
        var tensor = Allocate(first, DType.F32, 10);
        Fill(first, tensor, 7);
        second.Dispose();

        Assert.Equal(7, tensor.ToArray()[0]);
        Assert.Throws<ObjectDisposedException>(second.Synchronize);
    }

    [Fact]
    public void Timer_AroundWork_IsPositive()
    {
        var device = Open();
        var tensor = Allocate(device, DType.F32, 100_000);
        using var timer = new GpuTimer(device);

        timer.Start();
        Fill(device, tensor, 1);
        timer.Stop();

        Assert.InRange(timer.ReadElapsedMs(), 0, 60_000);
    }

    [Fact]
    public void Kernel_Fault_SaysWhere()
    {
        var device = Open();
        Assert.SkipUnless(device.Name == "simt:checked", "needs the emulator with checks: a GPU's context dies of it");
        var tensor = Allocate(device, DType.F32, 100);
        var arguments = default(KernelArguments);
        arguments.Add(tensor);
        arguments.AddValue(1f);
        arguments.AddValue(101L);
        arguments.AddValue(0);

        var error = Assert.Throws<DeviceException>(() =>
        {
            Launch(device, new LaunchShape(1, 256), arguments);
            device.Synchronize();
        });

        Assert.Contains("fill: block (0,0,0) thread (100,0,0)", error.Message, StringComparison.Ordinal);
        Assert.Matches(@"\[\w+\.\w+:[0-9]+\]", error.Message);
        Fill(device, tensor, 2);
        Assert.Equal(2, tensor.ToArray()[99]);
    }

    private static void Fill(GpuDevice device, Tensor tensor, float value) =>
        Launch(device, new LaunchShape((tensor.Count + 255) / 256, 256), FillArguments(tensor, value));

    private static KernelArguments FillArguments(Tensor tensor, float value)
    {
        var arguments = default(KernelArguments);
        arguments.Add(tensor);
        arguments.AddValue(value);
        arguments.AddValue(tensor.Count);
        arguments.AddValue(0);
        return arguments;
    }

    private static void Launch(GpuDevice device, LaunchShape shape, KernelArguments arguments) =>
        device.Kernel("fill", Rows).Launch(shape, ref arguments);

    private static void AllocateAndForget(GpuDevice device, long sizeBytes) => _ = device.Allocate(sizeBytes);

    private GpuDevice Open() => Keep(GpuTests.OpenAny());

    private Tensor Allocate(GpuDevice device, DType dtype, long count)
    {
        var tensor = device.AllocateTensor(dtype, count);
        Keep(tensor.Memory);
        return tensor;
    }

    private TOwned Keep<TOwned>(TOwned owned)
        where TOwned : IDisposable
    {
        _open.Add(owned);
        return owned;
    }
}
