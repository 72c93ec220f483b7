using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu;

/// <summary>
/// Native memory, in huge pages where Linux gives them on request: a matrix read by columns touches a page
/// with every element, and a gigabyte is 262 144 pages of 4 KiB to fault in one by one.
/// </summary>
internal static unsafe partial class NativePages
{
    private const int Alignment = 256;
    private const long HugePage = 2 << 20;
    private const int AdviseHugePage = 14;

    /// <summary>
    /// Uninitialised memory, aligned to 256 bytes; freed by <see cref="NativeMemory.AlignedFree"/>.
    /// </summary>
    /// <exception cref="OutOfMemoryException">There is not enough memory.</exception>
    public static void* Allocate(long sizeBytes)
    {
        if (sizeBytes < 2 * HugePage || !OperatingSystem.IsLinux())
        {
            return NativeMemory.AlignedAlloc((nuint)Math.Max(sizeBytes, 1), Alignment);
        }

        var memory = NativeMemory.AlignedAlloc((nuint)sizeBytes, (nuint)HugePage);

        // The end that is no whole page stays as it is. A refusal costs speed only.
        _ = Advise(memory, (nuint)(sizeBytes / HugePage * HugePage), AdviseHugePage);
        return memory;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint sizeBytes, int advice);
}
