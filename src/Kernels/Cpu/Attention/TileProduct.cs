using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>
/// Products of register tiles, C (+)= A·B, of TileRows rows and one or two vectors. A is read by broadcasts
/// with any strides, so that Pᵀ needs no copy; B is read by vectors. Each element of C is summed in the order
/// of the steps. A tile of two vectors makes 16 products from 2 loads and 8 broadcasts: the multipliers are
/// the limit, not the loads.
/// </summary>
internal static unsafe class TileProduct<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>Columns of a full panel: two vectors.</summary>
    public static int PanelColumns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * TSimd.Count;
    }

    /// <summary>One tile: C[i, :] (+)= Σ_k A[i, k] B[k, :].</summary>
    /// <param name="c">First element of the tile.</param>
    /// <param name="cRow">Floats from one row of C to the next.</param>
    /// <param name="a">First element of A.</param>
    /// <param name="aRow">Floats from one row of A to the next.</param>
    /// <param name="aStep">Floats from one step of A to the next.</param>
    /// <param name="b">First row of the panel of B.</param>
    /// <param name="bStep">Floats from one row of B to the next.</param>
    /// <param name="depth">Steps.</param>
    /// <param name="wide">Two vectors; else one.</param>
    /// <param name="accumulate">Add to C; else overwrite it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tile(
        float* c, long cRow, float* a, long aRow, long aStep, float* b, long bStep, int depth, bool wide, bool accumulate)
    {
        if (TSimd.TileRows == 8)
        {
            if (wide)
            {
                Wide8(c, cRow, a, aRow, aStep, b, bStep, depth, accumulate);
            }
            else
            {
                Narrow8(c, cRow, a, aRow, aStep, b, bStep, depth, accumulate);
            }
        }
        else if (wide)
        {
            Wide4(c, cRow, a, aRow, aStep, b, bStep, depth, accumulate);
        }
        else
        {
            Narrow4(c, cRow, a, aRow, aStep, b, bStep, depth, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide8(
        float* c, long cRow, float* a, long aRow, long aStep, float* b, long bStep, int depth, bool accumulate)
    {
        var (c00, c01) = (TSimd.Zero, TSimd.Zero);
        var (c10, c11) = (TSimd.Zero, TSimd.Zero);
        var (c20, c21) = (TSimd.Zero, TSimd.Zero);
        var (c30, c31) = (TSimd.Zero, TSimd.Zero);
        var (c40, c41) = (TSimd.Zero, TSimd.Zero);
        var (c50, c51) = (TSimd.Zero, TSimd.Zero);
        var (c60, c61) = (TSimd.Zero, TSimd.Zero);
        var (c70, c71) = (TSimd.Zero, TSimd.Zero);
        var (row2, row3) = (2 * aRow, 3 * aRow);
        var high = a + 4 * aRow;
        for (var k = 0; k < depth; k++)
        {
            var b0 = TSimd.Load(b);
            var b1 = TSimd.Load(b + TSimd.Count);
            var factor = TSimd.Create(*a);
            c00 = TSimd.MultiplyAdd(factor, b0, c00);
            c01 = TSimd.MultiplyAdd(factor, b1, c01);
            factor = TSimd.Create(*(a + aRow));
            c10 = TSimd.MultiplyAdd(factor, b0, c10);
            c11 = TSimd.MultiplyAdd(factor, b1, c11);
            factor = TSimd.Create(*(a + row2));
            c20 = TSimd.MultiplyAdd(factor, b0, c20);
            c21 = TSimd.MultiplyAdd(factor, b1, c21);
            factor = TSimd.Create(*(a + row3));
            c30 = TSimd.MultiplyAdd(factor, b0, c30);
            c31 = TSimd.MultiplyAdd(factor, b1, c31);
            factor = TSimd.Create(*high);
            c40 = TSimd.MultiplyAdd(factor, b0, c40);
            c41 = TSimd.MultiplyAdd(factor, b1, c41);
            factor = TSimd.Create(*(high + aRow));
            c50 = TSimd.MultiplyAdd(factor, b0, c50);
            c51 = TSimd.MultiplyAdd(factor, b1, c51);
            factor = TSimd.Create(*(high + row2));
            c60 = TSimd.MultiplyAdd(factor, b0, c60);
            c61 = TSimd.MultiplyAdd(factor, b1, c61);
            factor = TSimd.Create(*(high + row3));
            c70 = TSimd.MultiplyAdd(factor, b0, c70);
            c71 = TSimd.MultiplyAdd(factor, b1, c71);
            a += aStep;
            high += aStep;
            b += bStep;
        }

        Put(c, c00, c01, accumulate);
        Put(c + cRow, c10, c11, accumulate);
        Put(c + 2 * cRow, c20, c21, accumulate);
        Put(c + 3 * cRow, c30, c31, accumulate);
        Put(c + 4 * cRow, c40, c41, accumulate);
        Put(c + 5 * cRow, c50, c51, accumulate);
        Put(c + 6 * cRow, c60, c61, accumulate);
        Put(c + 7 * cRow, c70, c71, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow8(
        float* c, long cRow, float* a, long aRow, long aStep, float* b, long bStep, int depth, bool accumulate)
    {
        var c00 = TSimd.Zero;
        var c10 = TSimd.Zero;
        var c20 = TSimd.Zero;
        var c30 = TSimd.Zero;
        var c40 = TSimd.Zero;
        var c50 = TSimd.Zero;
        var c60 = TSimd.Zero;
        var c70 = TSimd.Zero;
        var (row2, row3) = (2 * aRow, 3 * aRow);
        var high = a + 4 * aRow;
        for (var k = 0; k < depth; k++)
        {
            var b0 = TSimd.Load(b);
            var factor = TSimd.Create(*a);
            c00 = TSimd.MultiplyAdd(factor, b0, c00);
            factor = TSimd.Create(*(a + aRow));
            c10 = TSimd.MultiplyAdd(factor, b0, c10);
            factor = TSimd.Create(*(a + row2));
            c20 = TSimd.MultiplyAdd(factor, b0, c20);
            factor = TSimd.Create(*(a + row3));
            c30 = TSimd.MultiplyAdd(factor, b0, c30);
            factor = TSimd.Create(*high);
            c40 = TSimd.MultiplyAdd(factor, b0, c40);
            factor = TSimd.Create(*(high + aRow));
            c50 = TSimd.MultiplyAdd(factor, b0, c50);
            factor = TSimd.Create(*(high + row2));
            c60 = TSimd.MultiplyAdd(factor, b0, c60);
            factor = TSimd.Create(*(high + row3));
            c70 = TSimd.MultiplyAdd(factor, b0, c70);
            a += aStep;
            high += aStep;
            b += bStep;
        }

        Put(c, c00, accumulate);
        Put(c + cRow, c10, accumulate);
        Put(c + 2 * cRow, c20, accumulate);
        Put(c + 3 * cRow, c30, accumulate);
        Put(c + 4 * cRow, c40, accumulate);
        Put(c + 5 * cRow, c50, accumulate);
        Put(c + 6 * cRow, c60, accumulate);
        Put(c + 7 * cRow, c70, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide4(
        float* c, long cRow, float* a, long aRow, long aStep, float* b, long bStep, int depth, bool accumulate)
    {
        var (c00, c01) = (TSimd.Zero, TSimd.Zero);
        var (c10, c11) = (TSimd.Zero, TSimd.Zero);
        var (c20, c21) = (TSimd.Zero, TSimd.Zero);
        var (c30, c31) = (TSimd.Zero, TSimd.Zero);
        var (row2, row3) = (2 * aRow, 3 * aRow);
        for (var k = 0; k < depth; k++)
        {
            var b0 = TSimd.Load(b);
            var b1 = TSimd.Load(b + TSimd.Count);
            var factor = TSimd.Create(*a);
            c00 = TSimd.MultiplyAdd(factor, b0, c00);
            c01 = TSimd.MultiplyAdd(factor, b1, c01);
            factor = TSimd.Create(*(a + aRow));
            c10 = TSimd.MultiplyAdd(factor, b0, c10);
            c11 = TSimd.MultiplyAdd(factor, b1, c11);
            factor = TSimd.Create(*(a + row2));
            c20 = TSimd.MultiplyAdd(factor, b0, c20);
            c21 = TSimd.MultiplyAdd(factor, b1, c21);
            factor = TSimd.Create(*(a + row3));
            c30 = TSimd.MultiplyAdd(factor, b0, c30);
            c31 = TSimd.MultiplyAdd(factor, b1, c31);
            a += aStep;
            b += bStep;
        }

        Put(c, c00, c01, accumulate);
        Put(c + cRow, c10, c11, accumulate);
        Put(c + 2 * cRow, c20, c21, accumulate);
        Put(c + 3 * cRow, c30, c31, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow4(
        float* c, long cRow, float* a, long aRow, long aStep, float* b, long bStep, int depth, bool accumulate)
    {
        var c00 = TSimd.Zero;
        var c10 = TSimd.Zero;
        var c20 = TSimd.Zero;
        var c30 = TSimd.Zero;
        var (row2, row3) = (2 * aRow, 3 * aRow);
        for (var k = 0; k < depth; k++)
        {
            var b0 = TSimd.Load(b);
            var factor = TSimd.Create(*a);
            c00 = TSimd.MultiplyAdd(factor, b0, c00);
            factor = TSimd.Create(*(a + aRow));
            c10 = TSimd.MultiplyAdd(factor, b0, c10);
            factor = TSimd.Create(*(a + row2));
            c20 = TSimd.MultiplyAdd(factor, b0, c20);
            factor = TSimd.Create(*(a + row3));
            c30 = TSimd.MultiplyAdd(factor, b0, c30);
            a += aStep;
            b += bStep;
        }

        Put(c, c00, accumulate);
        Put(c + cRow, c10, accumulate);
        Put(c + 2 * cRow, c20, accumulate);
        Put(c + 3 * cRow, c30, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, TVector value, bool accumulate) =>
        TSimd.Store(c, accumulate ? TSimd.Add(TSimd.Load(c), value) : value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, TVector first, TVector second, bool accumulate)
    {
        Put(c, first, accumulate);
        Put(c + TSimd.Count, second, accumulate);
    }
}
