using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// Copies a block of an operand into panels: element i of step p of a panel lies at panel[p · width + i]. The
/// elements of a panel beyond the operand are zero.
/// </summary>
internal static unsafe class PanelPacking
{
    // A cache line of steps: what is loaded along k is used up before other rows can drive it out.
    private const int LineSteps = 16;
    private const int PrefetchSteps = 64;

    /// <summary>
    /// Floats between the beginnings of two panels of at most <paramref name="steps"/> steps.
    /// </summary>
    public static long PanelStride(int width, long steps) =>
        width % 8 == 0 || width == 4
            ? width * steps
            : (width * steps + 31) / 16 * 16; // room for the last overlapping store

    /// <summary>Packs <paramref name="panels"/> panels of <paramref name="steps"/> steps.</summary>
    /// <param name="target">First panel.</param>
    /// <param name="panelStride">Floats between panels.</param>
    /// <param name="width">Elements of a step.</param>
    /// <param name="panels">Number of panels.</param>
    /// <param name="source">Element 0 of step 0.</param>
    /// <param name="elementStride">Distance of elements in the operand.</param>
    /// <param name="stepStride">Distance of steps in the operand.</param>
    /// <param name="elements">
    /// Elements that exist; at most <paramref name="panels"/> · <paramref name="width"/>.
    /// </param>
    /// <param name="steps">Steps of the block.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(
        float* target, long panelStride, int width, long panels, float* source, long elementStride,
        long stepStride,
        long elements, long steps)
    {
        if (elementStride != 1)
        {
            for (long panel = 0; panel < panels; panel++)
            {
                PackPanel(
                    target + panel * panelStride, width, source + panel * width * elementStride,
                    elementStride, stepStride,
                    elements - panel * width, steps);
            }

            return;
        }

        for (long step = 0; step < steps; step += LineSteps)
        {
            var count = Math.Min(LineSteps, steps - step);
            for (long panel = 0; panel < panels; panel++)
            {
                var to = target + panel * panelStride + step * width;
                var from = source + panel * width + step * stepStride;
                var valid = elements - panel * width;
                if (valid < width)
                {
                    Edge(to, width, from, elementStride, stepStride, valid, count);
                }
                else
                {
                    Copy(to, width, from, stepStride, count);
                }
            }
        }
    }

    /// <summary>One panel of rows that lie along the steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackPanel(
        float* to, int width, float* from, long rowStride, long stepStride, long valid, long steps)
    {
        var whole = valid >= width && stepStride == 1 && width >= 6 && Avx.IsSupported
            ? steps / LineSteps * LineSteps : 0;

        // NOTE: 16 rows at a time fill whole lines of the panel. Rows are often a multiple of 4 KiB apart,
        // where the first-level cache holds 8 lines; all 48 rows of a panel in turn would drive each other
        // out.
        for (var i = 0; i < width; i += 16)
        {
            var rows = Math.Min(16, width - i);
            var nextRows = whole > 0 ? Math.Min(rows, valid - i - rows) : 0;
            PrefetchBeginnings(from + (i + rows) * rowStride, rowStride, nextRows);
            for (long step = 0; step < whole; step += LineSteps)
            {
                Transpose(to + step * width + i, width, rows, from + i * rowStride + step, rowStride);
            }
        }

        Edge(
            to + whole * width, width, from + whole * stepStride, rowStride, stepStride, Math.Min(valid, width),
            steps - whole);
    }

    /// <summary>
    /// The first lines of the rows that come next; the later ones are fetched while packing.
    /// </summary>
    private static void PrefetchBeginnings(float* row, long rowStride, long rows)
    {
        for (long i = 0; i < rows; i++)
        {
            for (var step = 0; step < PrefetchSteps; step += LineSteps)
            {
                Sse.Prefetch0(row + i * rowStride + step);
            }
        }
    }

    private static void Edge(
        float* to, int width, float* from, long elementStride, long stepStride, long valid, long steps)
    {
        for (long p = 0; p < steps; p++)
        {
            for (var i = 0; i < width; i++)
            {
                to[p * width + i] = i < valid ? from[i * elementStride + p * stepStride] : 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* to, int width, float* from, long stepStride, long steps)
    {
        for (var p = 0; p < steps; p++, from += stepStride, to += width)
        {
            var i = 0;
            for (; i + 8 <= width; i += 8)
            {
                Vector256.Load(from + i).Store(to + i);
            }

            for (; i < width; i++)
            {
                to[i] = from[i];
            }
        }
    }

    /// <summary>16 steps of some rows, in squares of 8 × 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* to, int width, int rows, float* from, long rowStride)
    {
        for (var i = 0; i < rows; i += 8)
        {
            var row = from + i * rowStride;
            if (rows - i < 8)
            {
                // NOTE: a panel of 6: the two surplus elements of a step are overwritten by the next step.
                Transpose8(to + i, width, row, rowStride, row + 4 * rowStride, rowStride, 0);
                Transpose8(to + i + 8 * width, width, row + 8, rowStride, row + 4 * rowStride + 8,
                    rowStride, 0);
                continue;
            }

            var last = row + 7 * rowStride + PrefetchSteps;
            for (var line = row + PrefetchSteps; line <= last; line += rowStride)
            {
                Sse.Prefetch0(line);
            }

            Transpose8(to + i, width, row, rowStride, row + 4 * rowStride, rowStride, 2 * rowStride);
            Transpose8(to + i + 8 * width, width, row + 8, rowStride, row + 4 * rowStride + 8, rowStride,
                2 * rowStride);
        }
    }

    /// <summary>Rows 0-3 at low, 4-5 at high, 6-7 at high + upper; 8 steps of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose8(
        float* to, long toStride, float* low, long lowStride, float* high, long highStride, long upper)
    {
        for (var half = 0; half < 8; half += 4)
        {
            var r0 = Vector256.Create(Vector128.Load(low), Vector128.Load(high));
            var r1 = Vector256.Create(Vector128.Load(low + lowStride), Vector128.Load(high + highStride));
            var r2 = Vector256.Create(Vector128.Load(low + 2 * lowStride), Vector128.Load(high + upper));
            var r3 = Vector256.Create(Vector128.Load(low + 3 * lowStride),
                Vector128.Load(high + highStride + upper));
            var even01 = Avx.UnpackLow(r0, r1);
            var odd01 = Avx.UnpackHigh(r0, r1);
            var even23 = Avx.UnpackLow(r2, r3);
            var odd23 = Avx.UnpackHigh(r2, r3);
            Avx.Shuffle(even01, even23, 0x44).Store(to);
            Avx.Shuffle(even01, even23, 0xEE).Store(to + toStride);
            Avx.Shuffle(odd01, odd23, 0x44).Store(to + 2 * toStride);
            Avx.Shuffle(odd01, odd23, 0xEE).Store(to + 3 * toStride);
            to += 4 * toStride;
            low += 4;
            high += 4;
        }
    }
}
