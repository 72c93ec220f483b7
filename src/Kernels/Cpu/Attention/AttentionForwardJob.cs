using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>Attention of one query head of one sequence.</summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe struct AttentionForwardJob : IParallelJob
{
    public AttentionOperands Operands;
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Head(int sequence, int head, float* scores)
    {
        var (T, HS) = (Operands.T, Operands.HS);
        var slope = Operands.Slope(head);
        var q = Operands.Qkv + Operands.QueryOffset(sequence, head);
        var k = Operands.Qkv + Operands.KeyOffset(sequence, head / Operands.Group);
        var v = Operands.Qkv + Operands.ValueOffset(sequence, head / Operands.Group);
        var output = Output + Operands.OutputOffset(sequence, head);
        for (var p = 0; p < T; p++)
        {
            var maximum = float.NegativeInfinity;
            for (var j = 0; j <= p; j++)
            {
                scores[j] = Operands.Scale * Dot(q + p * Operands.QkvStride, k + j * Operands.QkvStride, HS) - slope * (p - j);
                maximum = Math.Max(maximum, scores[j]);
            }

            var sum = 0f;
            for (var j = 0; j <= p; j++)
            {
                sum += scores[j] = MathF.Exp(scores[j] - maximum);
            }

            LogSumExp[((long)sequence * Operands.NH + head) * T + p] = maximum + MathF.Log(sum);
            var row = output + p * Operands.OutputStride;
            new Span<float>(row, HS).Clear();
            for (var j = 0; j <= p; j++)
            {
                AddScaled(row, scores[j] / sum, v + j * Operands.QkvStride, HS);
            }
        }
    }

    internal static float Dot(float* a, float* b, int count)
    {
        var sum = 0f;
        for (var i = 0; i < count; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    internal static void AddScaled(float* target, float factor, float* source, int count)
    {
        for (var i = 0; i < count; i++)
        {
            target[i] += factor * source[i];
        }
    }
}
