namespace Kernels.Tests.Gpu.Fragments;

/// <summary>Compute capability 9.0: barriers in shared memory, bulk copies, warpgroup products.</summary>
internal static partial class FragmentList
{
    private const int GroupDepth = 64;  // k of the four products together: the 128 bytes of a swizzled row

    private static IEnumerable<Fragment> Hopper()
    {
        var words = Distinct(384);
        yield return new Fragment("mbar", "mbar", 1, 64, words[..64], Make(64, i => words[i ^ 31]))
        {
            IsHopper = true,
        };
        yield return new Fragment("setmaxnreg", "setmaxnreg", 1, 384, words, Make(
            384, i => words[i] + (i < 128 ? 1u : 2u)))
        {
            IsHopper = true,
        };
        yield return BulkCopies();
        foreach (var (n, aAcross, bAcross) in ((int, int, int)[])
            [
                (64, 0, 0), (128, 0, 0), (128, 0, 1), (128, 1, 0), (128, 1, 1), (256, 0, 0), (256, 0, 1), (256, 1, 0),
                (256, 1, 1),
            ])
        {
            var kernel = $"wgmma_m64n{n}k16_bf16{(n == 64 ? "" : $"_{aAcross}{bAcross}")}";
            var random = new Random(4);
            float Number(int row, int column) => random.Next(1, 257);
            var placed = new[]
            {
                new Operands(
                    Filled(64, GroupDepth, Number), Filled(n, GroupDepth, (i, j) => j == i % GroupDepth ? 1 : 0)),
                new Operands(Filled(64, GroupDepth, (i, j) => j == i ? 1 : 0), Filled(n, GroupDepth, Number)),
            };
            yield return GroupProducts(kernel, kernel, n, aAcross, bAcross, placed) with { Tolerance = null };
            yield return GroupProducts(
                kernel + "_rounding", kernel, n, aAcross, bAcross, Rounding(64, n, GroupDepth)[..1]);
        }
    }

    // Boxes inside, overhanging on each side, and outside: what is not there is zero.
    private static Fragment BulkCopies()
    {
        const int Rows = 40, Columns = 136;
        (int X, int Y)[] places =
            [(0, 0), (64, 16), (3, 5), (-8, -3), (128, 30), (-5, 37), (8, 39), (-64, 0), (136, 8), (72, -16)];
        var coordinates = places.SelectMany(p => (uint[])[(uint)p.X, (uint)p.Y]).ToArray();
        var matrix = Make(Rows * Columns / 2, i => (uint)(2 * i + 1) | (uint)(2 * i + 2) << 16);
        var boxes = new ushort[places.Length, BoxRows * 64];
        for (var place = 0; place < places.Length; place++)
        {
            for (var i = 0; i < BoxRows * 64; i++)
            {
                var (row, column) = (places[place].Y + i / 64, places[place].X + i % 64);
                var isInside = row is >= 0 and < Rows && column is >= 0 and < Columns;
                boxes[place, Swizzled(i / 64, i % 64)] = isInside ? (ushort)(row * Columns + column + 1) : (ushort)0;
            }
        }

        return new Fragment("tma_load_2d", "tma_load_2d", places.Length, Lanes, [.. coordinates, .. matrix], Make(
            places.Length * 512, i => boxes[i / 512, 2 * (i % 512)] | (uint)boxes[i / 512, 2 * (i % 512) + 1] << 16))
        {
            IsHopper = true,
            SharedBytes = BoxRows * 128,
            Matrix = (coordinates.Length, Rows, Columns),
        };
    }

    // Element of a row of 64 bf16 under the swizzle of 128 bytes: eight neighbours stay together, in the place of their
    // own number with the row's number (modulo 8) exclusive-or.
    private static int Swizzled(int row, int column) => row * 64 + ((column / 8) ^ (row % 8)) * 8 + column % 8;

    // Place of an element of an operand. Along k: rows of 64 k. Across: blocks of 64 m (or n), rows of k.
    private static int Place(bool isAcross, int row, int k) =>
        isAcross ? row / 64 * 64 * GroupDepth + Swizzled(k, row % 64) : Swizzled(row, k);

    private static Fragment GroupProducts(string name, string kernel, int n, int aAcross, int bAcross, Operands[] cases)
    {
        List<uint> input = [], expected = [];
        List<double> tolerance = [];
        foreach (var operands in cases)
        {
            var image = new ushort[(64 + n) * GroupDepth];
            for (var k = 0; k < GroupDepth; k++)
            {
                for (var row = 0; row < 64; row++)
                {
                    image[Place(aAcross == 1, row, k)] = (ushort)(Bits(operands.A[row, k]) >> 16);
                }

                for (var row = 0; row < n; row++)
                {
                    image[64 * GroupDepth + Place(bAcross == 1, row, k)] = (ushort)(Bits(operands.B[row, k]) >> 16);
                }
            }

            input.AddRange(Make(image.Length / 2, i => image[2 * i] | (uint)image[2 * i + 1] << 16));
            for (var thread = 0; thread < 128; thread++)
            {
                for (var i = 0; i < n / 2; i++)
                {
                    var (sum, magnitude) = operands.Product(
                        thread / 32 * 16 + thread % 32 / 4 + 8 * (i / 2 % 2), 8 * (i / 4) + 2 * (thread % 4) + i % 2);
                    expected.Add(Bits((float)(3 * thread + i + sum)));
                    tolerance.Add(Math.ScaleB(magnitude, -10));
                }
            }
        }

        return new Fragment(name, kernel, cases.Length, 128, [.. input], [.. expected])
        {
            IsHopper = true,
            SharedBytes = (64 + n) * GroupDepth * 2,
            Tolerance = [.. tolerance],
        };
    }
}
