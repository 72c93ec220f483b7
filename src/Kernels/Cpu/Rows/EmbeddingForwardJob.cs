using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y[n] = E[t_n] + P[offset + offsets[n / T] + n mod T].</summary>
internal unsafe struct EmbeddingForwardJob : ILaneJob
{
    public float* Output, TokenTable, PositionTable;
    public int* Tokens;

    /// <summary>(N / T), or null.</summary>
    public int* Offsets;
    public long C, T, PositionOffset;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var n = begin; n < end; n++)
        {
            var y = Output + n * C;
            var token = TokenTable + Tokens[n] * C;
            if (PositionTable == null)
            {
                new Span<float>(token, checked((int)C)).CopyTo(new Span<float>(y, checked((int)C)));
            }
            else
            {
                AddRow<TLanes>(y, token, PositionTable + Position(n) * C);
            }
        }
    }

    private readonly long Position(long n) => PositionOffset + n % T + (Offsets == null ? 0 : Offsets[n / T]);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddRow<TLanes>(float* y, float* token, float* position)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (long c = 0; c < C; c += TLanes.Count)
        {
            Lanes.Write(
                Lanes.Read<TLanes>(token + c, C - c) + Lanes.Read<TLanes>(position + c, C - c), y + c, C - c);
        }
    }
}
