namespace Kernels.Tests.Gpu.Fragments;

/// <summary>Conversions and approximations.</summary>
internal static partial class FragmentList
{
    // Halves between two neighbours, what lies beside them, subnormals, the largest numbers, infinities, NaNs.
    private static uint[] Special =>
    [
        0, 1, 0x80000000, 0x80000001, 0x7fff, 0x8000, 0x8001, 0x18000, 0x17fff, 0x007fffff, 0x00800000, 0x0fff, 0x1000,
        0x1001, 0x3000, 0x7f7f7fff, 0x7f7f8000, 0x7f7f8001, 0x7f7fffff, 0xff7fffff, 0x7f7fefff, 0x7f7ff000, 0x7f800000,
        0xff800000, 0x7f800001, 0x7fc00000, 0xffc00000, 0xffffffff,
    ];

    private static IEnumerable<Fragment> Conversions()
    {
        var random = new Random(2);
        var rest = Make(256 - Special.Length, _ => (uint)random.NextInt64(1L << 32));
        uint[] halves =
        [
            .. Special, .. rest,
            .. ((uint[])[0x0fff, 0x1000, 0x1001, 0x3000, 0x7fff, 0x8000, 0x8001]).SelectMany(
                low => Make(4096, i => (uint)(i * 16 + i % 16) << 16 | low)),
        ];
        uint[] all = [.. Make(65536, i => (uint)i << 16), .. halves];

        yield return Each("bf16_rn", all, word => Bf16Of(word));
        yield return Each("tf32_rna", all, word => Rounded(word, 13, isEven: false)) with
        {
            Mask = 0xffffe000,
            Tolerance = new double[all.Length],
        };
        yield return new Fragment("pack_bf16x2", "pack_bf16x2", halves.Length / 256, 256, halves, Make(
            halves.Length, i => Bf16Of(halves[i]) | Bf16Of(halves[i ^ 255]) << 16));

        // 2^x within 2^-22 and one rounding of the expected number; subnormal results are flushed to zero.
        float[] special =
            [0, -0f, 1, -1, 10, -126, float.NegativeInfinity, float.PositiveInfinity, float.NaN, 200, -200, 1e-40f];
        uint[] exponents =
        [
            .. special.Select(Bits),
            .. Make(4096 - special.Length, i => Bits((float)(
                (i & 1) == 0 ? random.NextDouble() * 4 - 3 : random.NextDouble() * 270 - 143))),
        ];
        var powers = Array.ConvertAll(exponents, x => Math.Pow(2, Float(x)));
        yield return new Fragment(
            "exp2_approx", "exp2_approx", exponents.Length / 256, 256, exponents,
            Array.ConvertAll(powers, y => Bits((float)y)))
        {
            Tolerance = Array.ConvertAll(powers, y => 1.5 * Math.ScaleB(y, -22) + Math.ScaleB(1, -126)),
        };
    }

    private static Fragment Each(string name, uint[] words, Converter<uint, uint> expected) =>
        new(name, name, words.Length / 256, 256, words, Array.ConvertAll(words, expected));

    // A NaN becomes the one NaN of the type.
    private static uint Bf16Of(uint word) => float.IsNaN(Float(word)) ? 0x7fff : Rounded(word, 16, isEven: true) >> 16;

    // The nearer of the two neighbours that lack the low bits, from their values; half-way to the even one, or away from
    // zero.
    private static uint Rounded(uint word, int dropped, bool isEven)
    {
        if (!float.IsFinite(Float(word)))
        {
            return word;
        }

        var sign = word & 0x80000000;
        var below = word & 0x7fffffff & (uint.MaxValue << dropped);
        var above = below + (1u << dropped);
        double value = Math.Abs(Float(word));
        var middle = (Float(below) + (above == 0x7f800000 ? Math.ScaleB(1, 128) : Float(above))) / 2;
        var isUp = value > middle || value == middle && (!isEven || (below >> dropped & 1) != 0);
        return sign | (isUp ? above : below);
    }
}
