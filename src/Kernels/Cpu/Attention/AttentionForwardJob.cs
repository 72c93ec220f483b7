using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>
/// Attention of one query head of one sequence: blocks of queries against all keys up to the diagonal.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe struct AttentionForwardJob<TSimd, TVector> : IParallelJob
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public AttentionOperands Operands;
    public AttentionLayout Layout;
    public float* Output;
    public float* LogSumExp;
    public ScratchBlocks Scratch;

    public readonly void Run(long begin, long end, int thread)
    {
        for (var item = begin; item < end; item++)
        {
            Head((int)(item / Operands.NH), (int)(item % Operands.NH), Scratch[thread]);
        }
    }

    private readonly void Head(int sequence, int head, float* scratch)
    {
        var work = new AttentionHead<TSimd, TVector>(Layout, Operands.T, Operands.HS, Operands.Scale, scratch);
        var kvHead = head / Operands.Group;
        work.PackKeysAndValues(
            Operands.Qkv + Operands.KeyOffset(sequence, kvHead), Operands.Qkv + Operands.ValueOffset(sequence, kvHead),
            Operands.QkvStride);
        work.Attend(
            Output + Operands.OutputOffset(sequence, head), Operands.OutputStride,
            LogSumExp + ((long)sequence * Operands.NH + head) * Operands.T,
            Operands.Qkv + Operands.QueryOffset(sequence, head), Operands.QkvStride, 0, Operands.Slope(head));
    }
}
