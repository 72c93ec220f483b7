using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>
/// Native working memory of a device, for partial sums. It grows at the first call of a larger size and is kept, so that
/// repeated calls allocate nothing. Contents are undefined.
/// </summary>
internal sealed unsafe class NativeScratch
{
    private void* _memory;
    private long _sizeBytes;

    ~NativeScratch() => NativeMemory.AlignedFree(_memory);

    /// <summary>At least <paramref name="sizeBytes"/> bytes, valid until the next call.</summary>
    public void* Reserve(long sizeBytes)
    {
        if (sizeBytes > _sizeBytes)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = null;
            _sizeBytes = 0;
            _memory = NativePages.Allocate(sizeBytes);
            _sizeBytes = sizeBytes;
        }

        return _memory;
    }
}
