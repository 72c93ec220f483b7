using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>The matrix products of one block of queries, cut at the diagonal to the rows of a tile.</summary>
internal readonly unsafe struct AttentionProducts<TSimd, TVector>(
    int T, int HS, in AttentionLayout layout, int p0, int rows)
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private readonly int _t = T, _hs = HS, _paddedHS = layout.PaddedHS, _scoreStride = layout.ScoreStride;
    private readonly int _p0 = p0, _rows = rows;

    /// <summary>
    /// Keys that the tile of row <paramref name="r"/> reads: those of its last row, rounded up to the tile.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int KeyLimit(int r) => _p0 + r / TSimd.TileRows * TSimd.TileRows + TSimd.TileRows;

    /// <summary>Copies rows of a head into a block and clears what the last tile reads beyond them.</summary>
    public void CopyBlock(float* target, float* source, long stride, float factor)
    {
        for (var r = 0; r < _rows; r++)
        {
            AttentionPacking.Prefetch(source + (r + AttentionPacking.PrefetchRows) * stride, _hs);
            var row = target + (long)r * _paddedHS;
            AttentionRows<TSimd, TVector>.CopyScaled(row, source + r * stride, factor, _hs);
            new Span<float>(row + _hs, _paddedHS - _hs).Clear();
        }

        var end = (_rows + TSimd.TileRows - 1) / TSimd.TileRows * TSimd.TileRows;
        new Span<float>(target + (long)_rows * _paddedHS, (end - _rows) * _paddedHS).Clear();
    }

    /// <summary>scores[r, j] = Σ_d block[r, d] · transposed[d, j], for the keys that the rows see.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scores(float* scores, float* block, float* transposed)
    {
        var panelColumns = 2 * TSimd.Count;
        for (var j = 0; j < _p0 + _rows; j += panelColumns)
        {
            var first = j <= _p0 ? 0 : (j - _p0) / TSimd.TileRows * TSimd.TileRows;
            for (var r = first; r < _rows; r += TSimd.TileRows)
            {
                TileProduct<TSimd, TVector>.Tile(
                    scores + (long)r * _scoreStride + j, _scoreStride, block + (long)r * _paddedHS, _paddedHS, 1,
                    transposed + (long)j * _hs, panelColumns, _hs, wide: true, accumulate: false);
            }
        }
    }

    /// <summary>block[r, d] = Σ_j scores[r, j] · panels[j, d], for the keys that the rows see.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void TimesRows(float* block, float* scores, float* panels)
    {
        var panelColumns = 2 * TSimd.Count;
        for (var d = 0; d < _paddedHS; d += panelColumns)
        {
            var wide = d + panelColumns <= _paddedHS;
            for (var r = 0; r < _rows; r += TSimd.TileRows)
            {
                TileProduct<TSimd, TVector>.Tile(
                    block + (long)r * _paddedHS + d, _paddedHS, scores + (long)r * _scoreStride, _scoreStride, 1,
                    panels + (long)d * _t, wide ? panelColumns : TSimd.Count, Math.Min(KeyLimit(r), _t), wide,
                    accumulate: false);
            }
        }
    }

    /// <summary>gradients[j, d] += Σ_r scores[r, j] · block[r, d], for the rows that see a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddTransposedTimesBlock(float* gradients, float* scores, float* block)
    {
        var panelColumns = 2 * TSimd.Count;
        for (var d = 0; d < _paddedHS; d += panelColumns)
        {
            var wide = d + panelColumns <= _paddedHS;
            for (var j = 0; j < _p0 + _rows; j += TSimd.TileRows)
            {
                var first = Math.Max(0, j - _p0);
                TileProduct<TSimd, TVector>.Tile(
                    gradients + (long)j * _paddedHS + d, _paddedHS, scores + (long)first * _scoreStride + j, 1, _scoreStride,
                    block + (long)first * _paddedHS + d, _paddedHS, _rows - first, wide, accumulate: true);
            }
        }
    }
}
