using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y[n] = E[t_n] + P[offset + n mod T].</summary>
internal unsafe struct EmbeddingForwardJob : IParallelJob
{
    public float* Output, TokenTable, PositionTable;
    public int* Tokens;
    public long C, T, PositionOffset;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        for (var n = begin; n < end; n++)
        {
            var y = Output + n * C;
            var token = TokenTable + Tokens[n] * C;
            if (PositionTable == null)
            {
                new Span<float>(token, checked((int)C)).CopyTo(new Span<float>(y, checked((int)C)));
            }
            else if (Avx512F.IsSupported)
            {
                AddRow<Lanes16>(y, token, PositionTable + (PositionOffset + n % T) * C);
            }
            else if (Avx2.IsSupported)
            {
                AddRow<Lanes8>(y, token, PositionTable + (PositionOffset + n % T) * C);
            }
            else
            {
                AddRow<Lanes4>(y, token, PositionTable + (PositionOffset + n % T) * C);
            }
        }
    }

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
