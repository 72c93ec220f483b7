using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Inheritune.Kernels.Cpu.Attention.AttentionForwardJob;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>Gradient of one key/value head of one sequence, with all its query heads.</summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe struct AttentionBackwardJob : IParallelJob
{
    public AttentionOperands Operands;
    public float* DQkv;
    public float* DOutput;
    public float* Output;
    public float* LogSumExp;

    public readonly void Run(long begin, long end, int thread)
    {
        for (var item = begin; item < end; item++)
        {
            KvHead((int)(item / Operands.NKV), (int)(item % Operands.NKV));
        }
    }

    private readonly void KvHead(int sequence, int kvHead)
    {
        for (var t = 0; t < Operands.T; t++)
        {
            new Span<float>(DQkv + Operands.KeyOffset(sequence, kvHead) + t * Operands.QkvStride, Operands.HS).Clear();
            new Span<float>(DQkv + Operands.ValueOffset(sequence, kvHead) + t * Operands.QkvStride, Operands.HS).Clear();
        }

        for (var i = 0; i < Operands.Group; i++)
        {
            Head(sequence, kvHead * Operands.Group + i, kvHead);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Head(int sequence, int head, int kvHead)
    {
        var (HS, scale, stride) = (Operands.HS, Operands.Scale, Operands.QkvStride);
        var slope = Operands.Slope(head);
        var (qAt, kAt) = (Operands.QueryOffset(sequence, head), Operands.KeyOffset(sequence, kvHead));
        var (vAt, yAt) = (Operands.ValueOffset(sequence, kvHead), Operands.OutputOffset(sequence, head));
        for (var p = 0; p < Operands.T; p++)
        {
            var q = Operands.Qkv + qAt + p * stride;
            var dq = DQkv + qAt + p * stride;
            var dy = DOutput + yAt + p * Operands.OutputStride;
            var delta = Dot(dy, Output + yAt + p * Operands.OutputStride, HS);
            var logSumExp = LogSumExp[((long)sequence * Operands.NH + head) * Operands.T + p];
            new Span<float>(dq, HS).Clear();
            for (var j = 0; j <= p; j++)
            {
                var k = Operands.Qkv + kAt + j * stride;
                var weight = MathF.Exp(scale * Dot(q, k, HS) - slope * (p - j) - logSumExp);
                var dScore = scale * weight * (Dot(dy, Operands.Qkv + vAt + j * stride, HS) - delta);
                AddScaled(dq, dScore, k, HS);
                AddScaled(DQkv + kAt + j * stride, dScore, q, HS);
                AddScaled(DQkv + vAt + j * stride, weight, dy, HS);
            }
        }
    }
}
