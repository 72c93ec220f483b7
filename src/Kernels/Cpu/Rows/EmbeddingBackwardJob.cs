using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>
/// Gradient of an embedding table, an item per row of the table. The rows of dy that a table row was read for are found
/// through sorted keys (table row in the high half, n in the low half), hence summed in the order of n in any split of the
/// table. A sum is built in registers and its row written once; when overwriting, rows without keys are cleared on the way.
/// </summary>
internal unsafe struct EmbeddingBackwardJob : ILaneJob
{
    public float* DTable, DOutput;

    /// <summary>Sorted; (N).</summary>
    public long* Keys;
    public long N, C;
    public float Fraction;
    public long PaddingRow;
    public bool Accumulate;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var key = FirstKey(begin);
        for (var row = begin; row < end; row++)
        {
            if (Accumulate)
            {
                if (key == N)
                {
                    return;
                }

                row = Math.Max(row, Keys[key] >> 32);
                if (row >= end)
                {
                    return;
                }
            }

            var first = key;
            while (key < N && Keys[key] >> 32 == row)
            {
                key++;
            }

            TableRow<TLanes>(row, first, row == PaddingRow ? first : key);
        }
    }

    /// <summary>The first key at or behind table row <paramref name="row"/>.</summary>
    private readonly long FirstKey(long row)
    {
        long low = 0, high = N;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Keys[middle] >> 32 < row)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private readonly void TableRow<TLanes>(long row, long first, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var target = DTable + row * C;
        if (first == end)
        {
            if (!Accumulate)
            {
                new Span<float>(target, checked((int)C)).Clear();
            }
        }
        else
        {
            SumRows<TLanes>(target, first, end);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void SumRows<TLanes>(float* target, long first, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var fraction = TLanes.Create(Fraction);
        long c = 0;
        for (; c + 4 * TLanes.Count <= C; c += 4 * TLanes.Count)
        {
            var (s0, s1, s2, s3) = (TLanes.Zero, TLanes.Zero, TLanes.Zero, TLanes.Zero);
            for (var key = first; key < end; key++)
            {
                var dy = DOutput + (uint)Keys[key] * C + c;
                s0 += TLanes.Load(dy);
                s1 += TLanes.Load(dy + TLanes.Count);
                s2 += TLanes.Load(dy + 2 * TLanes.Count);
                s3 += TLanes.Load(dy + 3 * TLanes.Count);
            }

            Put(s0 * fraction, target + c, TLanes.Count);
            Put(s1 * fraction, target + c + TLanes.Count, TLanes.Count);
            Put(s2 * fraction, target + c + 2 * TLanes.Count, TLanes.Count);
            Put(s3 * fraction, target + c + 3 * TLanes.Count, TLanes.Count);
        }

        for (; c < C; c += TLanes.Count)
        {
            var sum = TLanes.Zero;
            for (var key = first; key < end; key++)
            {
                sum += Lanes.Read<TLanes>(DOutput + (uint)Keys[key] * C + c, C - c);
            }

            Put(sum * fraction, target + c, C - c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Put<TLanes>(TLanes sum, float* target, long left)
        where TLanes : unmanaged, ILanes<TLanes> =>
        Lanes.Write(Accumulate ? Lanes.Read<TLanes>(target, left) + sum : sum, target, left);
}
