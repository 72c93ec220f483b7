namespace Inheritune.Kernels.Cuda;

/// <summary>What kernels are compiled for.</summary>
/// <param name="Option">As "sm_90a", or "compute_90" for PTX.</param>
/// <param name="IsPtx">The compiler does not know the GPU: the driver translates PTX of an older one.</param>
internal readonly record struct GpuArchitecture(string Option, bool IsPtx)
{
    /// <summary>The architecture of a GPU, as far as a compiler supports it.</summary>
    /// <param name="major">Compute capability, as 9 of 9.0.</param>
    /// <param name="minor">Compute capability, as 0 of 9.0.</param>
    /// <param name="supported">The compiler's list, as 90 for sm_90.</param>
    /// <exception cref="DeviceException">The GPU is older than sm_80.</exception>
    public static GpuArchitecture Choose(int major, int minor, IReadOnlyList<int> supported)
    {
        var wanted = 10 * major + minor;
        if (wanted < 80)
        {
            throw new DeviceException(
                $"--device: this GPU has compute capability {major}.{minor}: expected 8.0 or newer (Ampere), for bf16 tensor "
                + "cores and asynchronous copies. Use --device cpu.");
        }

        // Hopper's and Blackwell's own instructions exist only in the targets with an "a".
        if (supported.Contains(wanted))
        {
            return new GpuArchitecture($"sm_{wanted}{(wanted is 90 or 100 ? "a" : "")}", false);
        }

        var older = supported.Where(architecture => architecture < wanted).DefaultIfEmpty(80).Max();
        return new GpuArchitecture($"compute_{older}", true);
    }
}
