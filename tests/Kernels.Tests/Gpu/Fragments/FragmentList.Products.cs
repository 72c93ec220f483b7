namespace Kernels.Tests.Gpu.Fragments;

/// <summary>mma.sync: g is the lane's group (0 to 7), t its place in the group (0 to 3).</summary>
internal static partial class FragmentList
{
    private static IEnumerable<Fragment> Products()
    {
        foreach (var (kernel, isTf32, mi, nj) in ((string, bool, int, int)[])
            [
                ("mma_m16n8k16_bf16", false, 1, 1), ("mma_tile", false, 2, 3), ("mma_m16n8k8_tf32", true, 1, 1),
                ("mma_tile_tf32", true, 2, 3),
            ])
        {
            var k = isTf32 ? 8 : 16;
            yield return WarpProducts(kernel, kernel, isTf32, mi, nj, Placed(16 * mi, 8 * nj, k)) with
            {
                Tolerance = null,
            };
            yield return WarpProducts(kernel + "_rounding", kernel, isTf32, mi, nj, Rounding(16 * mi, 8 * nj, k));
        }
    }

    // Numbers that tell their place, times a matrix that picks them: exact, and below 2^12 with what is there before.
    private static Operands[] Placed(int m, int n, int k)
    {
        static float Number(int row, int columns, int column) => 1 + (row * columns + column) * (row / 16 * 2 + 1) % 256;
        var pick = new float[m, k];
        var numbers = new float[m, k];
        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < k; j++)
            {
                (pick[i, j], numbers[i, j]) = (j == i % k ? 1 : 0, Number(i, k, j));
            }
        }

        // The picked columns begin at 0 and at k / 2: eight columns of B may be fewer than k.
        return
        [
            .. ((int[])[0, k / 2]).Select(
                first => new Operands(numbers, Filled(n, k, (i, j) => j == (i + first) % k ? 1 : 0))),
            new Operands(pick, Filled(n, k, (i, j) => Number(i, k, j))),
        ];
    }

    private static Operands[] Rounding(int m, int n, int k)
    {
        var random = new Random(3);
        float Number(int row, int column)
        {
            var number = (random.NextDouble() * 2 - 1) * Math.Exp(3 * random.NextDouble());
            return Float(Bits((float)number) & 0xffff0000);
        }

        return [.. Enumerable.Range(0, 2).Select(_ => new Operands(Filled(m, k, Number), Filled(n, k, Number)))];
    }

    private static float[,] Filled(int rows, int columns, Func<int, int, float> number)
    {
        var matrix = new float[rows, columns];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                matrix[i, j] = number(i, j);
            }
        }

        return matrix;
    }

    private static Fragment WarpProducts(string name, string kernel, bool isTf32, int mi, int nj, Operands[] cases)
    {
        List<uint> input = [], expected = [];
        List<double> tolerance = [];
        foreach (var operands in cases)
        {
            for (var lane = 0; lane < Lanes; lane++)
            {
                var (g, t) = (lane / 4, lane % 4);
                for (var i = 0; i < 4 * mi; i++)
                {
                    var row = i / 4 * 16 + g + 8 * (i % 2);
                    input.Add(isTf32
                        ? Bits(operands.A[row, t + 4 * (i % 4 / 2)])
                        : Pair(operands.A, row, 2 * t + 8 * (i % 4 / 2)));
                }

                for (var i = 0; i < 2 * nj; i++)
                {
                    var column = i / 2 * 8 + g;
                    input.Add(isTf32
                        ? Bits(operands.B[column, t + 4 * (i % 2)])
                        : Pair(operands.B, column, 2 * t + 8 * (i % 2)));
                }

                for (var i = 0; i < 4 * mi * nj; i++)
                {
                    var (sum, magnitude) = operands.Product(
                        i / 4 / nj * 16 + g + 8 * (i % 4 / 2), i / 4 % nj * 8 + 2 * t + i % 2);
                    expected.Add(Bits((float)(3 * lane + i + sum)));
                    tolerance.Add(Math.ScaleB(magnitude, -10));
                }
            }
        }

        return new Fragment(name, kernel, cases.Length, Lanes, [.. input], [.. expected]) { Tolerance = [.. tolerance] };
    }

    // Two neighbours along k, the first in the low half. The numbers are exact in bf16.
    private static uint Pair(float[,] matrix, int row, int k) => Bits(matrix[row, k]) >> 16 | Bits(matrix[row, k + 1]);

    /// <summary>A is (m, k), B is (n, k): the product sums over k.</summary>
    private sealed record Operands(float[,] A, float[,] B)
    {
        public (double Sum, double Magnitude) Product(int row, int column)
        {
            double sum = 0, magnitude = 0;
            for (var k = 0; k < A.GetLength(1); k++)
            {
                var product = (double)A[row, k] * B[column, k];
                sum += product;
                magnitude += Math.Abs(product);
            }

            return (sum, magnitude);
        }
    }
}
