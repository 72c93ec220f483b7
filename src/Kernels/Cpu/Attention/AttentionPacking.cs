using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>
/// Copies of one head's rows in the layouts that the products read in order. Rows of qkv lie (NH + 2 NKV) HS
/// floats apart, which falls on few cache sets; the copies are made once per head.
/// </summary>
internal static unsafe class AttentionPacking
{
    /// <summary>How many rows ahead to ask for.</summary>
    public const int PrefetchRows = 12;

    /// <summary>
    /// Transposes T rows of HS into panels of <paramref name="panelColumns"/> rows: element (t, d) goes to
    /// [t / panel][d][t % panel]. Missing rows of the last panel become 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransposeRows(float* target, float* source, long stride, int T, int HS, int panelColumns)
    {
        for (var t0 = 0; t0 < T; t0 += panelColumns)
        {
            var panel = target + (long)t0 * HS;
            var rows = Math.Min(panelColumns, T - t0);
            var t = 0;
            for (; t <= rows - 4; t += 4)
            {
                for (var next = t + PrefetchRows; next < t + PrefetchRows + 4; next++)
                {
                    Prefetch(source + (t0 + next) * stride, HS);
                }

                TransposeFour(panel + t, panelColumns, source + (t0 + t) * stride, stride, HS);
            }

            for (; t < panelColumns; t++)
            {
                for (var d = 0; d < HS; d++)
                {
                    panel[(long)d * panelColumns + t] = t < rows ? source[(t0 + t) * stride + d] : 0;
                }
            }
        }
    }

    /// <summary>
    /// Copies T rows of HS into panels of <paramref name="panelColumns"/> columns (the last one narrower):
    /// element (t, d) goes to [d / panel][t][d % panel]. Columns HS .. <paramref name="paddedHS"/> become 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PanelRows(
        float* target, float* source, long stride, int T, int HS, int paddedHS, int panelColumns)
    {
        for (var t = 0; t < T; t++)
        {
            Prefetch(source + (t + PrefetchRows) * stride, HS);
            for (var d0 = 0; d0 < paddedHS; d0 += panelColumns)
            {
                var width = Math.Min(panelColumns, paddedHS - d0);
                var used = Math.Min(width, HS - d0);
                var row = target + (long)d0 * T + (long)t * width;
                Unsafe.CopyBlockUnaligned(row, source + t * stride + d0, (uint)used * sizeof(float));
                new Span<float>(row + used, width - used).Clear();
            }
        }
    }

    /// <summary>
    /// Asks for a row of <paramref name="HS"/> floats. The rows of a head are too far apart for the processor
    /// to guess the next one: without this, packing waits for most of them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* row, int HS)
    {
        if (Sse.IsSupported)
        {
            for (var d = 0; d < HS; d += 16)
            {
                Sse.Prefetch0(row + d);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeFour(float* target, int targetStride, float* source, long stride, int HS)
    {
        var row1 = source + stride;
        var row2 = source + 2 * stride;
        var row3 = source + 3 * stride;
        var d = 0;
        if (Sse.IsSupported)
        {
            for (; d <= HS - 4; d += 4)
            {
                var (a, b) = (Vector128.Load(source + d), Vector128.Load(row1 + d));
                var (c, e) = (Vector128.Load(row2 + d), Vector128.Load(row3 + d));
                var (ab, ce) = (Sse.UnpackLow(a, b), Sse.UnpackLow(c, e));
                var (abHigh, ceHigh) = (Sse.UnpackHigh(a, b), Sse.UnpackHigh(c, e));
                Sse.MoveLowToHigh(ab, ce).Store(target);
                Sse.MoveHighToLow(ce, ab).Store(target + targetStride);
                Sse.MoveLowToHigh(abHigh, ceHigh).Store(target + 2 * targetStride);
                Sse.MoveHighToLow(ceHigh, abHigh).Store(target + 3 * targetStride);
                target += 4 * targetStride;
            }
        }

        for (; d < HS; d++)
        {
            (target[0], target[1], target[2], target[3]) = (source[d], row1[d], row2[d], row3[d]);
            target += targetStride;
        }
    }
}
