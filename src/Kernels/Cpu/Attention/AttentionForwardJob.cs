using System.Runtime.CompilerServices;
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
        var (T, HS, stride) = (Operands.T, Operands.HS, Operands.QkvStride);
        var panelColumns = 2 * TSimd.Count;
        var keys = Operands.Qkv + Operands.KeyOffset(sequence, head / Operands.Group);
        var values = Operands.Qkv + Operands.ValueOffset(sequence, head / Operands.Group);
        AttentionPacking.TransposeRows(scratch + Layout.KeysTransposed, keys, stride, T, HS, panelColumns);
        AttentionPacking.PanelRows(scratch + Layout.Values, values, stride, T, HS, Layout.PaddedHS, panelColumns);
        for (var p0 = 0; p0 < T; p0 += AttentionLayout.BlockRows)
        {
            Block(sequence, head, p0, Math.Min(AttentionLayout.BlockRows, T - p0), scratch);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Block(int sequence, int head, int p0, int rows, float* scratch)
    {
        var queries = scratch + Layout.Queries;
        var scores = scratch + Layout.Scores;
        var source = Operands.Qkv + Operands.QueryOffset(sequence, head) + p0 * Operands.QkvStride;
        var products = new AttentionProducts<TSimd, TVector>(Operands.T, Operands.HS, Layout, p0, rows);
        products.CopyBlock(queries, source, Operands.QkvStride, Operands.Scale);
        products.Scores(scores, queries, scratch + Layout.KeysTransposed);

        var inverseSums = stackalloc float[AttentionLayout.BlockRows];
        var logSumExp = LogSumExp + ((long)sequence * Operands.NH + head) * Operands.T + p0;
        var slope = Operands.Slope(head);
        for (var r = 0; r < rows; r++)
        {
            var (maximum, sum) = AttentionRows<TSimd, TVector>.Exponentials(
                scores + (long)r * Layout.ScoreStride, p0 + r, products.KeyLimit(r), slope);
            logSumExp[r] = maximum + MathF.Log(sum);
            inverseSums[r] = 1 / sum;
        }

        products.TimesRows(scratch + Layout.Block, scores, scratch + Layout.Values);
        var output = Output + Operands.OutputOffset(sequence, head) + p0 * Operands.OutputStride;
        for (var r = 0; r < rows; r++)
        {
            var row = scratch + Layout.Block + (long)r * Layout.PaddedHS;
            AttentionRows<TSimd, TVector>.CopyScaled(
                output + r * Operands.OutputStride, row, inverseSums[r], Operands.HS);
        }
    }
}
