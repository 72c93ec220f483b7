using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>
/// Keys and values of one head, packed, and queries against them. The sums of a query depend on its position alone, not
/// on which queries are worked on together: a sequence may be computed at once or piece by piece, with equal bits.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly unsafe struct AttentionHead<TSimd, TVector>(
    in AttentionLayout layout, int keys, int HS, float scale, float* scratch)
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private readonly AttentionLayout _layout = layout;
    private readonly int _keys = keys, _hs = HS;
    private readonly float _scale = scale;
    private readonly float* _scratch = scratch;

    /// <summary>Copies the head's keys and values, <paramref name="stride"/> floats from row to row.</summary>
    public void PackKeysAndValues(float* keys, float* values, long stride)
    {
        var panelColumns = 2 * TSimd.Count;
        AttentionPacking.TransposeRows(_scratch + _layout.KeysTransposed, keys, stride, _keys, _hs, panelColumns);
        AttentionPacking.PanelRows(
            _scratch + _layout.Values, values, stride, _keys, _hs, _layout.PaddedHS, panelColumns);
    }

    /// <summary>Attention of the queries at positions <paramref name="first"/> and later, up to the last key.</summary>
    /// <param name="output">y of position <paramref name="first"/>.</param>
    /// <param name="outputStride">Floats from one row of y to the next.</param>
    /// <param name="logSumExp">ln Σ exp(score) of position <paramref name="first"/>, or null.</param>
    /// <param name="queries">q of position <paramref name="first"/>.</param>
    /// <param name="queryStride">Floats from one row of q to the next.</param>
    /// <param name="first">Position of the first query.</param>
    /// <param name="slope">ALiBi slope, or 0.</param>
    public void Attend(
        float* output, long outputStride, float* logSumExp, float* queries, long queryStride, int first, float slope)
    {
        for (var p0 = first; p0 < _keys; p0 += AttentionLayout.BlockRows)
        {
            var rows = Math.Min(AttentionLayout.BlockRows, _keys - p0);
            var r = p0 - first;
            Block(
                output + r * outputStride, outputStride, logSumExp == null ? null : logSumExp + r,
                queries + r * queryStride, queryStride, p0, rows, slope);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(
        float* output, long outputStride, float* logSumExp, float* source, long queryStride, int p0, int rows, float slope)
    {
        var queries = _scratch + _layout.Queries;
        var scores = _scratch + _layout.Scores;
        var products = new AttentionProducts<TSimd, TVector>(_keys, _hs, _layout, p0, rows);
        products.CopyBlock(queries, source, queryStride, _scale);
        products.Scores(scores, queries, _scratch + _layout.KeysTransposed);

        var inverseSums = stackalloc float[AttentionLayout.BlockRows];
        for (var r = 0; r < rows; r++)
        {
            var (maximum, sum) = AttentionRows<TSimd, TVector>.Exponentials(
                scores + (long)r * _layout.ScoreStride, p0 + r, products.KeyLimit(r), slope);
            inverseSums[r] = 1 / sum;
            if (logSumExp != null)
            {
                logSumExp[r] = maximum + MathF.Log(sum);
            }
        }

        products.TimesRows(_scratch + _layout.Block, scores, _scratch + _layout.Values);
        for (var r = 0; r < rows; r++)
        {
            var row = _scratch + _layout.Block + (long)r * _layout.PaddedHS;
            AttentionRows<TSimd, TVector>.CopyScaled(output + r * outputStride, row, inverseSums[r], _hs);
        }
    }
}
