using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Arm = System.Runtime.Intrinsics.Arm;

namespace Inheritune.Kernels.Cpu;

/// <summary>The processor this program runs on: f32, SIMD, several threads.</summary>
public sealed class CpuDevice : Device
{
    private readonly CpuOps _ops;

    /// <summary>Opens the CPU.</summary>
    /// <param name="threads">Worker threads, the caller included; 0 for one per core.</param>
    public CpuDevice(int threads = 0)
    {
        if (threads < 0)
        {
            throw new DeviceException($"--threads: expected 0 (one per core) or more, got {threads}.");
        }

        Threads = new ThreadTeam(threads == 0 ? Environment.ProcessorCount : threads);
        _ops = new CpuOps(this);
    }

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override string Description =>
        $"{RuntimeInformation.ProcessArchitecture}, {VectorPath}, {Threads.Count} thread{(Threads.Count == 1 ? "" : "s")}";

    /// <inheritdoc/>
    public override long FreeMemoryBytes
    {
        get
        {
            var info = GC.GetGCMemoryInfo(GCKind.Any);
            var total = info.TotalAvailableMemoryBytes > 0 ? info.TotalAvailableMemoryBytes : long.MaxValue;
            return Math.Max(0, total - Environment.WorkingSet);
        }
    }

    internal override Ops PlainOps => _ops;

    /// <summary>The worker threads.</summary>
    internal ThreadTeam Threads { get; }

    /// <summary>The vector instructions that the kernels use on this machine.</summary>
    internal static string VectorPath =>
        Avx512F.IsSupported ? "AVX-512"
        : Avx2.IsSupported && Fma.IsSupported ? "AVX2"
        : Arm.AdvSimd.IsSupported ? "AdvSimd"
        : "no SIMD";

    /// <inheritdoc/>
    public override DeviceMemory Allocate(long sizeBytes) => new CpuMemory(this, sizeBytes);

    /// <inheritdoc/>
    public override void Synchronize()
    {
        // Operations on this device return when they are done.
    }

    internal override unsafe void Upload(DeviceMemory memory, long byteOffset, ReadOnlySpan<byte> source) =>
        source.CopyTo(new Span<byte>((byte*)memory.Address + byteOffset, source.Length));

    internal override unsafe void ReadToHost(Span<byte> destination, DeviceMemory memory, long byteOffset) =>
        new ReadOnlySpan<byte>((byte*)memory.Address + byteOffset, destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Threads.Dispose();
        }
    }
}
