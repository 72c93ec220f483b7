using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>
/// One key/value head of one sequence: appends the new keys and values to the cache, then computes the attention of the
/// new positions in all query heads of the group, so that the cache is packed once.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe struct AttentionCachedJob<TSimd, TVector> : IParallelJob
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public AttentionOperands Operands;
    public float* Output;
    public float* Cache;
    public int* Past;
    public long Capacity;
    public ScratchBlocks Scratch;

    public readonly void Run(long begin, long end, int thread)
    {
        for (var item = begin; item < end; item++)
        {
            KvHead((int)(item / Operands.NKV), (int)(item % Operands.NKV), Scratch[thread]);
        }
    }

    private readonly void KvHead(int sequence, int kvHead, float* scratch)
    {
        var (HS, past, stride) = (Operands.HS, Past[sequence], 2L * Operands.NKV * Operands.HS);
        var keys = Cache + sequence * Capacity * stride + (long)kvHead * HS;
        var values = keys + (long)Operands.NKV * HS;
        Append(keys + past * stride, Operands.Qkv + Operands.KeyOffset(sequence, kvHead), stride);
        Append(values + past * stride, Operands.Qkv + Operands.ValueOffset(sequence, kvHead), stride);

        var count = past + Operands.T;
        var layout = new AttentionLayout(count, HS, TSimd.Count, backward: false);
        var work = new AttentionHead<TSimd, TVector>(layout, count, HS, Operands.Scale, scratch);
        work.PackKeysAndValues(keys, values, stride);
        for (var i = 0; i < Operands.Group; i++)
        {
            var head = kvHead * Operands.Group + i;
            work.Attend(
                Output + Operands.OutputOffset(sequence, head), Operands.OutputStride, null,
                Operands.Qkv + Operands.QueryOffset(sequence, head), Operands.QkvStride, past, Operands.Slope(head));
        }
    }

    private readonly void Append(float* target, float* source, long stride)
    {
        for (var t = 0; t < Operands.T; t++)
        {
            new ReadOnlySpan<float>(source + t * Operands.QkvStride, Operands.HS).CopyTo(
                new Span<float>(target + t * stride, Operands.HS));
        }
    }
}
