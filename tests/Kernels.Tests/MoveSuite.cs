using Inheritune.Kernels;
using Inheritune.Kernels.Cpu.Rows;

namespace Kernels.Tests;

public abstract class MoveSuite : RowsSuite
{
    private static readonly int[] Counts = [1, 3, 13, 65, 4096, 100003];

    public static TheoryData<int> OddCounts() => new(Counts);

    [Theory]
    [MemberData(nameof(OddCounts))]
    public void CopyFillAddScale_OddCounts_Exact(int count)
    {
        var (x, y) = (Values(count), Values(count));
        var (output, input) = (Empty(count), Put(x, count));
        Ops.Copy(output, input);
        Assert.Equal(x, output.Floats());
        Ops.Fill(output, 2.5f);
        Assert.All(output.Floats(), value => Assert.Equal(2.5f, value));
        Ops.Copy(output, Put(y, count));
        Ops.Add(output, input);
        Ops.Scale(output, 3);
        var actual = output.Floats();
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(Rounded(3 * Rounded(x[i] + y[i])), actual[i]);
        }
    }

    [Fact]
    public void AddFillScale_OperandsAtOddAddresses_Exact()
    {
        const int Count = 5003;
        var (x, y) = (Values(Count), Values(Count));
        var (output, input) = (PutShifted(y, Count), Put(x, Count));
        Ops.Add(output, input);
        Ops.Scale(output, 2);
        Assert.Equal(x.Zip(y, (a, b) => 2 * Rounded(a + b)), output.Floats());
        Ops.Copy(output, input);
        Assert.Equal(x, output.Floats());
        Ops.Fill(output, -1.5f);
        Assert.All(output.Floats(), value => Assert.Equal(-1.5f, value));
    }

    [Fact]
    public void Copy_Integers_Exact()
    {
        var output = Guarded(DType.I32, 3);
        Ops.Copy(output, Make([int.MinValue, 7, -1]));
        var values = new int[3];
        output.ReadToHost<int>(values);
        Assert.Equal([int.MinValue, 7, -1], values);
    }

    [Theory]
    [MemberData(nameof(OddCounts))]
    public void Cast_RandomBits_RoundsToNearestEvenAndBack(int count)
    {
        var bits = new uint[count];
        for (var i = 0; i < count; i++)
        {
            bits[i] = i % 3 == 0 ? (uint)Random.Next() & 0xFFFF8000 | 0x8000 : (uint)Random.NextInt64(1L << 32);
        }

        var x = Array.ConvertAll(bits, BitConverter.UInt32BitsToSingle);
        var (narrow, wide) = (Guarded(DType.BF16, count), Poisoned(count));
        Ops.Cast(narrow, Make(x, count));
        Ops.Cast(wide, narrow);
        var (halves, back) = (new ushort[count], wide.ToArray());
        narrow.ReadToHost<ushort>(halves);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(Narrow(x[i]), halves[i]);
            Assert.Equal((uint)halves[i] << 16, BitConverter.SingleToUInt32Bits(back[i]));
        }
    }

    [Fact]
    public void Cast_SpecialValues_TiesToEvenAndNaNStaysNaN()
    {
        uint[] bits =
        [
            0x3F808000, 0x3F818000, 0x3F808001, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7F800001, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000,
            0x00008000, 0x00018000, 0x7FC00000, 0x3F7FFFFF, 0, 1, 0x3F808000,
        ];
        ushort[] expected =
        [
            0x3F80, 0x3F82, 0x3F81, 0x7F80, 0x7F80, 0xFF80, 0x7FC0, 0x7FFF, 0xFFFF, 0x8000,
            0x0000, 0x0002, 0x7FC0, 0x3F80, 0, 0, 0x3F80,
        ];
        var narrow = Guarded(DType.BF16, bits.Length);
        Ops.Cast(narrow, Make(Array.ConvertAll(bits, BitConverter.UInt32BitsToSingle), bits.Length));
        var halves = new ushort[bits.Length];
        narrow.ReadToHost<ushort>(halves);
        Assert.Equal(expected, halves);
    }

    [Fact]
    public void RandomNormal_ManyValues_HasTheMomentsAndTailsOfANormal()
    {
        const int Count = 400_000;
        var output = Poisoned(Count);
        Ops.RandomNormal(output, 1, 2, 0.5f);
        var x = output.ToArray().Doubles();
        var mean = x.Average();
        var variance = x.Average(v => v * v);
        Assert.Equal(0, mean, 0.5 * 5 / Math.Sqrt(Count));
        Assert.Equal(0.25, variance, 0.25 * 5 * Math.Sqrt(2.0 / Count));
        Assert.Equal(3, x.Average(v => v * v * v * v) / (variance * variance), 0.1);
        Assert.Equal(0.0455, x.Count(v => Math.Abs(v) > 1) / (double)Count, 0.002);
    }

    [Fact]
    public void RandomNormal_ElementI_DependsOnSeedStreamAndIndexAlone()
    {
        var (longer, shorter) = (Poisoned(10001), Poisoned(37));
        Ops.RandomNormal(longer, 7, 9, 1);
        Ops.RandomNormal(shorter, 7, 9, 1);
        Assert.Equal(shorter.ToArray(), longer.ToArray()[..37]);
        Ops.RandomNormal(shorter, 8, 9, 1);
        Assert.NotEqual(shorter.ToArray()[0], longer.ToArray()[0]);
        Ops.RandomNormal(shorter, 7, 10, 1);
        Assert.NotEqual(shorter.ToArray()[0], longer.ToArray()[0]);
    }

    [Fact]
    public void RandomNormal_EveryElement_IsBoxMullerOfItsPhiloxBlock()
    {
        const int Count = 4099;
        const ulong Seed = 0x123456789ABCDEF, Stream = 0xFEDCBA987654321;
        var output = Poisoned(Count);
        Ops.RandomNormal(output, Seed, Stream, 0.5f);
        var actual = output.ToArray();
        for (var i = 0; i < Count; i++)
        {
            var (x0, x1, x2, x3) = Philox.Block((ulong)i / 4, Stream, Seed);
            var (x, y) = i % 4 < 2 ? (x0, x1) : (x2, x3);
            var radius = 0.5 * Math.Sqrt(-2 * Math.Log((x + 0.5) / 4294967296.0));
            var (sine, cosine) = Math.SinCos(2 * Math.PI * (y + 0.5) / 4294967296.0);
            var expected = radius * (i % 2 == 0 ? cosine : sine);
            Assert.Equal(expected, actual[i], 1e-7 * Math.Abs(expected) + 1e-12);
        }
    }

    [Fact]
    public void Move_AnyThreadCount_SameBits() => RequireSameBits(() =>
    {
        var (random, other, term) = (Poisoned(100003), Draw(100003), Empty(100003));
        Ops.RandomNormal(random, 3, 4, 0.02f);
        Ops.Cast(term, random);
        Ops.Add(other, term);
        Ops.Scale(other, 0.3f);
        return [random.ToArray(), other.Floats()];
    });

    [Fact]
    public void Move_SecondCall_AllocatesNothing()
    {
        var (x, y, narrow) = (Normal(70000), Normal(70000), Guarded(DType.BF16, 70000));
        RequireNoAllocation(() =>
        {
            Ops.Copy(x, y);
            Ops.Fill(y, 1);
            Ops.Add(x, y);
            Ops.Scale(x, 2);
            Ops.Cast(narrow, x);
            Ops.RandomNormal(x, 1, 2, 1);
        });
    }

    [Fact]
    public void Move_WrongOperand_SaysWhich()
    {
        var (x, small, tokens) = (Draw(8), Draw(4), Make([1, 2, 3, 4]));
        RequireError($"Copy: output: expected {Element} (8), got {Element} (4).", () => Ops.Copy(small, x));
        RequireError($"Copy: output: expected I32 (4), got {Element} (4).", () => Ops.Copy(small, tokens));
        RequireError($"Fill: output: expected {FloatTypes}, got {tokens}.", () => Ops.Fill(tokens, 1));
        RequireError($"Add: output: expected {Element} (8), got {Element} (4).", () => Ops.Add(small, x));
        RequireError($"Scale: output: expected {FloatTypes}, got {tokens}.", () => Ops.Scale(tokens, 1));
        RequireError(
            "RandomNormal: output: expected F32 (4), got I32 (4).", () => Ops.RandomNormal(tokens, 1, 1, 1));
        RequireError(
            $"Cast: expected floating tensors of one count, got {small} and {tokens}.",
            () => Ops.Cast(small, tokens));
    }

    private static ushort Narrow(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
        {
            return (ushort)(bits >> 16 | 0x40);
        }

        var (high, low) = (bits >> 16, bits & 0xFFFF);
        return (ushort)(high + (low > 0x8000 || (low == 0x8000 && high % 2 == 1) ? 1u : 0u));
    }
}
