using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>Reading and writing the ends of rows: the last vector of a row may be partly outside it.</summary>
internal static unsafe class Lanes
{
    /// <summary>A full vector, or the <paramref name="left"/> values that are left of the row and 0 in the other lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Read<TLanes>(float* source, long left)
        where TLanes : unmanaged, ILanes<TLanes> =>
        left >= TLanes.Count ? TLanes.Load(source) : ReadPart<TLanes>(source, left, 0);

    /// <summary>A full vector, or what is left of the row and <paramref name="fill"/> in the other lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Read<TLanes>(float* source, long left, float fill)
        where TLanes : unmanaged, ILanes<TLanes> =>
        left >= TLanes.Count ? TLanes.Load(source) : ReadPart<TLanes>(source, left, fill);

    /// <summary>Writes a full vector, or the first <paramref name="left"/> lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<TLanes>(TLanes value, float* destination, long left)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        if (left >= TLanes.Count)
        {
            value.Store(destination);
        }
        else
        {
            WritePart(value, destination, left);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLanes ReadPart<TLanes>(float* source, long left, float fill)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var values = stackalloc float[TLanes.Count];
        for (var i = 0; i < TLanes.Count; i++)
        {
            values[i] = i < left ? source[i] : fill;
        }

        return TLanes.Load(values);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WritePart<TLanes>(TLanes value, float* destination, long left)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var values = stackalloc float[TLanes.Count];
        value.Store(values);
        for (var i = 0; i < left; i++)
        {
            destination[i] = values[i];
        }
    }
}
