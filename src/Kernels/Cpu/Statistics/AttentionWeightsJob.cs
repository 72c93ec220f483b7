using System.Numerics;
using System.Runtime.CompilerServices;
using Inheritune.Kernels.Cpu.Attention;

namespace Inheritune.Kernels.Cpu.Statistics;

/// <summary>Rows of attention matrices, softmax in f64; an item is one (sequence, head, query).</summary>
internal unsafe struct AttentionWeightsJob : IParallelJob
{
    public AttentionOperands Operands;
    public float* Weights;
    public bool Causal;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        var T = Operands.T;
        for (var item = begin; item < end; item++)
        {
            var p = (int)(item % T);
            var head = (int)(item / T % Operands.NH);
            var sequence = (int)(item / T / Operands.NH);
            var q = Operands.Qkv + Operands.QueryOffset(sequence, head) + p * Operands.QkvStride;
            var k = Operands.Qkv + Operands.KeyOffset(sequence, head / Operands.Group);
            var slope = Operands.Slope(head);
            var row = Weights + item * T;
            var count = Causal ? p + 1 : T;
            var maximum = float.NegativeInfinity;
            for (var j = 0; j < count; j++)
            {
                row[j] = Operands.Scale * Dot(q, k + j * Operands.QkvStride, Operands.HS) - slope * (p - j);
                maximum = Math.Max(maximum, row[j]);
            }

            Normalise(row, count, maximum);
            new Span<float>(row + count, T - count).Clear();
        }
    }

    private static void Normalise(float* row, int count, float maximum)
    {
        var sum = 0.0;
        for (var j = 0; j < count; j++)
        {
            sum += Math.Exp(row[j] - (double)maximum);
        }

        for (var j = 0; j < count; j++)
        {
            row[j] = (float)(Math.Exp(row[j] - (double)maximum) / sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Dot(float* a, float* b, int count)
    {
        var sum = Vector<float>.Zero;
        var i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            sum += Vector.Load(a + i) * Vector.Load(b + i);
        }

        var result = Vector.Sum(sum);
        for (; i < count; i++)
        {
            result += a[i] * b[i];
        }

        return result;
    }
}
