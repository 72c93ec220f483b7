using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>f32 to bf16 (nearest, ties to even, NaN quiet) or back.</summary>
internal unsafe struct CastJob : ILaneJob
{
    public void* Output, Input;
    public long Count;
    public bool ToBf16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (first, last) = (begin * Chunks.Size, Chunks.End(end, Count));
        var i = first;
        for (; i + TLanes.Count <= last; i += TLanes.Count)
        {
            if (ToBf16)
            {
                TLanes.Load((float*)Input + i).StoreBf16((ushort*)Output + i);
            }
            else
            {
                TLanes.LoadBf16((ushort*)Input + i).Store((float*)Output + i);
            }
        }

        for (; i < last; i++)
        {
            if (ToBf16)
            {
                ((ushort*)Output)[i] = Round(((float*)Input)[i]);
            }
            else
            {
                ((float*)Output)[i] = BitConverter.UInt32BitsToSingle((uint)((ushort*)Input)[i] << 16);
            }
        }
    }

    private static ushort Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)(float.IsNaN(value) ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16);
    }
}
