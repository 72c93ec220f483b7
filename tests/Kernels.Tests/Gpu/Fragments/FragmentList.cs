namespace Kernels.Tests.Gpu.Fragments;

/// <summary>
/// Every fragment. Layouts are those of the PTX manual (ldmatrix, mma.sync, wgmma.mma_async, cp.async.bulk.tensor,
/// shfl.sync, cvt), written down here once more and nowhere taken from the emulator. Inputs are the same in every run.
/// </summary>
internal static partial class FragmentList
{
    /// <summary>Rows of the box of a bulk copy.</summary>
    public const int BoxRows = 16;

    private const int Lanes = 32;

    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, Fragment> All { get; } =
        Memory().Concat(Conversions()).Concat(Warps()).Concat(Products()).Concat(Hopper()).ToDictionary(f => f.Name);

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    private static float Float(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    private static uint[] Distinct(int count, uint first = 1) =>
        [.. Enumerable.Range(0, count).Select(i => first + (uint)i)];

    private static uint[] Make(int count, Func<int, uint> word) => [.. Enumerable.Range(0, count).Select(word)];

    private static IEnumerable<Fragment> Memory()
    {
        foreach (var groups in (int[])[1, 2])
        {
            // Row r of eight bf16 is words 4r .. 4r + 3: element (r, c) is the number 8r + c + 1.
            var rows = Make(groups * 128, i => (uint)(2 * i + 1) | (uint)(2 * i + 2) << 16);
            foreach (var isTransposed in (bool[])[false, true])
            {
                var name = $"ldmatrix_{(groups == 1 ? "x4" : "tile")}{(isTransposed ? "_trans" : "")}";
                yield return new Fragment(name, name, 1, Lanes, rows, Make(
                    groups * 128, i => LoadedMatrix(i / (4 * groups), i % (4 * groups), isTransposed)));
            }
        }

        var words = Distinct(256);
        yield return new Fragment("ld128_st128", "ld128_st128", 1, Lanes, words[..128], Make(
            128, i => words[(31 - i / 4) * 4 + i % 4]));

        // The last word of a lane says whether it copies; nothing writes its own.
        var copied = Make(256, i => i % 8 == 7 ? (uint)(i / 8 * 5 / 3) : (uint)(1000 + i));
        yield return new Fragment("cp_async", "cp_async", 1, Lanes, copied, Make(
            256, i => i % 8 == 7 ? uint.MaxValue : copied[i | 7] % 2 == 0 ? copied[i] : 0));

        yield return new Fragment("bar", "bar", 1, 64, words[..32], Make(32, i => words[31 - i]));
    }

    // Lanes 8q .. 8q + 7 name the rows of matrix q; the kernel's lane l names row l ^ 5. A lane gets two neighbours of
    // row l / 4, or two rows of column l / 4.
    private static uint LoadedMatrix(int lane, int register, bool isTransposed)
    {
        uint word = 0;
        for (var half = 0; half < 2; half++)
        {
            var (row, column) = (lane / 4, lane % 4 * 2 + half);
            if (isTransposed)
            {
                (row, column) = (column, row);
            }

            var named = register / 4 * 32 + ((register % 4 * 8 + row) ^ 5);
            word |= (uint)(8 * named + column + 1) << (16 * half);
        }

        return word;
    }

    private static IEnumerable<Fragment> Warps()
    {
        var random = new Random(1);
        var floats = Make(Lanes, _ => Bits((float)(random.NextDouble() * 2 - 1)));
        var integers = Make(Lanes, i => (uint)(i * i - 300));
        var doubles = Enumerable.Range(0, Lanes).Select(_ => random.NextDouble() * 2 - 1).ToArray();
        var floatSum = Bits(Butterfly(Array.ConvertAll(floats, Float), (a, b) => a + b));
        var integerSum = (uint)integers.Sum(i => (int)i);
        var doubleSum = BitConverter.DoubleToUInt64Bits(Butterfly(doubles, (a, b) => a + b));
        yield return new Fragment(
            "warp_sum", "warp_sum", 1, Lanes,
            [.. floats, .. integers, .. doubles.SelectMany(d => Halves(BitConverter.DoubleToUInt64Bits(d)))],
            [.. Enumerable.Repeat(floatSum, 32), .. Enumerable.Repeat(integerSum, 32),
                .. Enumerable.Repeat(Halves(doubleSum), 32).SelectMany(h => h)]);

        // The maximum of numbers; a NaN loses.
        float[] values =
        [
            .. floats.Select(Float), .. floats.Select(f => -1 - Math.Abs(Float(f))),
            .. floats.Select((f, i) => i % 3 == 1 ? float.NaN : Float(f)),
            .. Enumerable.Repeat(float.NegativeInfinity, 32),
        ];
        yield return new Fragment("warp_max", "warp_max", 4, Lanes, Array.ConvertAll(values, Bits), Make(
            values.Length, i => Bits(values.Skip(i / 32 * 32).Take(32).Where(v => !float.IsNaN(v)).Max())));

        int[] arguments = [1, 3, 5, 8, 16, 21, 31];
        var shuffled = arguments.SelectMany((argument, block) => Make(64, i =>
            i < 32 ? (uint)(100 * block + i) : i == 32 ? (uint)argument : (uint)random.Next(-50, 50))).ToArray();
        yield return new Fragment("shuffles", "shuffles", arguments.Length, Lanes, shuffled, Make(
            arguments.Length * 512, i => Shuffled(shuffled.AsSpan(i / 512 * 64, 64), i % 512)));
    }

    // A source beyond the lane's segment gives the lane's own value; xor reaches earlier segments, not later ones.
    private static uint Shuffled(ReadOnlySpan<uint> words, int index)
    {
        var (lane, kind, width) = (index % 32, index / 32 % 4, 32 >> (index / 128));
        var (first, last) = (lane / width * width, lane / width * width + width - 1);
        var same = (int)words[32];
        var source = kind switch
        {
            0 => first + ((int)words[32 + lane] & (width - 1)),
            1 => lane - same >= first ? lane - same : lane,
            2 => lane + same <= last ? lane + same : lane,
            _ => (lane ^ same) <= last ? lane ^ same : lane,
        };
        return words[source];
    }

    private static uint[] Halves(ulong bits) => [(uint)bits, (uint)(bits >> 32)];

    // The sums of neighbours 16, 8, 4, 2, 1 lanes away, one after the other.
    private static TNumber Butterfly<TNumber>(TNumber[] lanes, Func<TNumber, TNumber, TNumber> add)
    {
        for (var distance = 16; distance > 0; distance /= 2)
        {
            lanes = [.. lanes.Select((value, lane) => add(value, lanes[lane ^ distance]))];
        }

        return lanes[0];
    }
}
