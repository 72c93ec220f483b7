using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>
/// Gradient of one key/value head of one sequence with all its query heads, in a fixed order, so that dk and
/// dv need no sum over threads. Scores are recomputed from q and k in blocks.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe struct AttentionBackwardJob<TSimd, TVector> : IParallelJob
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public AttentionOperands Operands;
    public AttentionLayout Layout;
    public float* DQkv;
    public float* DOutput;
    public float* Output;
    public float* LogSumExp;
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
        var (T, HS, stride) = (Operands.T, Operands.HS, Operands.QkvStride);
        var (keysAt, valuesAt) = (Operands.KeyOffset(sequence, kvHead), Operands.ValueOffset(sequence, kvHead));
        var panelColumns = 2 * TSimd.Count;
        var keys = Operands.Qkv + keysAt;
        var values = Operands.Qkv + valuesAt;
        AttentionPacking.TransposeRows(scratch + Layout.KeysTransposed, keys, stride, T, HS, panelColumns);
        AttentionPacking.TransposeRows(scratch + Layout.Values, values, stride, T, HS, panelColumns);
        AttentionPacking.PanelRows(scratch + Layout.Keys, keys, stride, T, HS, Layout.PaddedHS, panelColumns);
        NativeMemory.Clear(
            scratch + Layout.KeyGradients, (nuint)((Layout.Size - Layout.KeyGradients) * sizeof(float)));

        for (var i = 0; i < Operands.Group; i++)
        {
            for (var p0 = 0; p0 < T; p0 += AttentionLayout.BlockRows)
            {
                var rows = Math.Min(AttentionLayout.BlockRows, T - p0);
                Block(sequence, kvHead * Operands.Group + i, p0, rows, scratch);
            }
        }

        WriteRows(DQkv + keysAt, stride, scratch + Layout.KeyGradients, T, 1);
        WriteRows(DQkv + valuesAt, stride, scratch + Layout.ValueGradients, T, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Block(int sequence, int head, int p0, int rows, float* scratch)
    {
        var queries = scratch + Layout.Queries;
        var outputGradients = scratch + Layout.OutputGradients;
        var scores = scratch + Layout.Scores;
        var scoreGradients = scratch + Layout.ScoreGradients;
        var queryAt = Operands.QueryOffset(sequence, head) + p0 * Operands.QkvStride;
        var outputAt = Operands.OutputOffset(sequence, head) + p0 * Operands.OutputStride;
        var products = new AttentionProducts<TSimd, TVector>(Operands.T, Operands.HS, Layout, p0, rows);
        products.CopyBlock(queries, Operands.Qkv + queryAt, Operands.QkvStride, Operands.Scale);
        products.CopyBlock(outputGradients, DOutput + outputAt, Operands.OutputStride, 1);
        products.Scores(scores, queries, scratch + Layout.KeysTransposed);
        products.Scores(scoreGradients, outputGradients, scratch + Layout.Values);

        var logSumExp = LogSumExp + ((long)sequence * Operands.NH + head) * Operands.T + p0;
        var slope = Operands.Slope(head);
        for (var r = 0; r < rows; r++)
        {
            // Σ_j P dP = dy · y, so that dS needs no second pass over the row.
            var output = Output + outputAt + r * Operands.OutputStride;
            AttentionPacking.Prefetch(output + AttentionPacking.PrefetchRows * Operands.OutputStride, Operands.HS);
            var delta = AttentionRows<TSimd, TVector>.Dot(
                outputGradients + (long)r * Layout.PaddedHS, output, Operands.HS);
            AttentionRows<TSimd, TVector>.Gradients(
                scores + (long)r * Layout.ScoreStride, scoreGradients + (long)r * Layout.ScoreStride, p0 + r,
                products.KeyLimit(r), slope, logSumExp[r], delta);
        }

        products.AddTransposedTimesBlock(scratch + Layout.ValueGradients, scores, outputGradients);
        products.AddTransposedTimesBlock(scratch + Layout.KeyGradients, scoreGradients, queries);
        products.TimesRows(scratch + Layout.Block, scoreGradients, scratch + Layout.Keys);
        WriteRows(DQkv + queryAt, Operands.QkvStride, scratch + Layout.Block, rows, Operands.Scale);
    }

    private readonly void WriteRows(float* target, long stride, float* source, int rows, float factor)
    {
        for (var r = 0; r < rows; r++)
        {
            AttentionRows<TSimd, TVector>.CopyScaled(
                target + r * stride, source + (long)r * Layout.PaddedHS, factor, Operands.HS);
        }
    }
}
