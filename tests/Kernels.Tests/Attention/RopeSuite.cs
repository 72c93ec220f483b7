using Inheritune.Kernels;

namespace Kernels.Tests.Attention;

/// <summary>What rotary positions must do on every device, in the element type of the subclass.</summary>
public abstract class RopeSuite : AttentionElements
{
    [Theory]
    [InlineData(64, 64, false)]
    [InlineData(10, 10, true)]
    [InlineData(80, 20, false)]
    [InlineData(12, 6, true)]
    public void Rope_PartialAndInverse_MatchesReference(int HS, int r, bool inverse)
    {
        var c = new AttentionCase(2, 13, 4, 2, HS, 1);
        const int Offset = 3;
        var qkv = Inputs((long)c.Rows * c.Columns);
        var cosSin = Table(c.T + Offset, r);
        var tensor = Upload(qkv, c.B, c.T, c.Columns);

        Ops.Rope(tensor, Make(cosSin, c.T + Offset, r), Shape(c), Offset, inverse);

        AssertClose(
            "qkv", AttentionReference.Rope(c, qkv.Doubles(), cosSin.Doubles(), r, Offset, inverse), Read(tensor), 2);
    }

    [Fact]
    public void Rope_OffsetsOfSequences_MatchReference()
    {
        var c = new AttentionCase(3, 5, 2, 1, 12, 1);
        int[] starts = [4, 0, 7];
        var qkv = Inputs((long)c.Rows * c.Columns);
        var cosSin = Table(12, 8);
        var tensor = Upload(qkv, c.B, c.T, c.Columns);

        Ops.Rope(tensor, Make(cosSin, 12, 8), Shape(c), Make(starts));

        for (var b = 0; b < c.B; b++)
        {
            var range = (b * c.T * c.Columns)..((b + 1) * c.T * c.Columns);
            var expected = AttentionReference.Rope(
                c with { B = 1 }, qkv[range].Doubles(), cosSin.Doubles(), 8, starts[b], inverse: false);
            AssertClose($"sequence {b}", expected, Read(tensor)[range], 2);
        }
    }

    [Fact]
    public void Rope_ThenInverse_GivesTheInputAndLeavesValuesAlone()
    {
        var c = new AttentionCase(1, 20, 2, 1, 16, 1);
        var qkv = Inputs((long)c.Rows * c.Columns);
        var tensor = Upload(qkv, c.Rows, c.Columns);
        var table = Make(Table(c.T, 16), c.T, 16);

        Ops.Rope(tensor, table, Shape(c));
        var rotated = Read(tensor);
        Ops.Rope(tensor, table, Shape(c), inverse: true);

        AssertClose("qkv", qkv.Doubles(), Read(tensor), 4);
        for (var t = 0; t < c.T; t++)
        {
            for (var d = 0; d < c.HS; d++)
            {
                Assert.Equal(qkv[c.At(0, t, 3, d)], rotated[c.At(0, t, 3, d)]);
            }
        }
    }

    /// <summary>r/2 cosines, then r/2 sines of each position.</summary>
    internal static float[] Table(int positions, int r)
    {
        var table = new float[positions * r];
        for (var p = 0; p < positions; p++)
        {
            for (var i = 0; i < r / 2; i++)
            {
                var angle = p * Math.Pow(10000, -2.0 * i / r);
                table[p * r + i] = (float)Math.Cos(angle);
                table[p * r + r / 2 + i] = (float)Math.Sin(angle);
            }
        }

        return table;
    }

    private static AttentionShape Shape(AttentionCase c) => new(c.B, c.T, c.NH, c.NKV, c.HS, c.Scale);
}
