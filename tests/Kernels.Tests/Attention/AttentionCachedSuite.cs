using Inheritune.Kernels;

namespace Kernels.Tests.Attention;

/// <summary>What attention to a cache must do on every device, in the element type of the subclass.</summary>
public abstract class AttentionCachedSuite : AttentionElements
{
    public static readonly TheoryData<AttentionCase, int[]> Cases = new()
    {
        { new AttentionCase(1, 1, 1, 1, 4, 1f), [1] },
        { new AttentionCase(2, 7, 3, 3, 10, 0.31f), [1, 1, 5] },
        { new AttentionCase(2, 75, 4, 2, 12, 0.3f, [0.5f, 0.25f, 0.125f, 0.0625f]), [70, 1, 1, 3] },
        { new AttentionCase(1, 130, 3, 1, 80, 0.11f), [3, 65, 61, 1] },
        { new AttentionCase(2, 230, 2, 1, 16, 0.2f, [0.5f, 0.125f]), [17, 200, 1, 12] },
        { new AttentionCase(1, 140, 1, 1, 128, 0.1f), [1, 139] },
        { new AttentionCase(1, 33, 2, 2, 100, 0.1f, [0.5f, 0.0625f]), [31, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void AttentionCached_InPieces_MatchesReference(AttentionCase c, int[] pieces)
    {
        var qkv = Inputs((long)c.Rows * c.Columns);

        var output = Decode(c, qkv, pieces, c.T + 3);

        AssertClose("y", AttentionReference.Forward(c, qkv.Doubles()).Output, output, Units);
    }

    [Fact]
    public void AttentionCached_OtherSmallPieces_SameBits()
    {
        var c = new AttentionCase(1, 150, 2, 1, 16, 0.25f, [0.5f, 0.125f]);
        var qkv = Inputs((long)c.Rows * c.Columns);

        Assert.Equal(Decode(c, qkv, [63, 63, 24], 150), Decode(c, qkv, [60, 1, 1, 50, 38], 151));
    }

    [Fact]
    public void AttentionCached_AnyThreadCountOrSchedule_SameBits()
    {
        var c = new AttentionCase(2, 140, 2, 1, 16, 0.25f);
        RequireSameBits(() => [Decode(c, Inputs((long)c.Rows * c.Columns), [138, 2], 140)]);
    }

    [Fact]
    public void AttentionCached_DifferentPasts_EachSequenceByItsOwn()
    {
        var c = new AttentionCase(3, 20, 4, 2, 16, 0.25f, [0.5f, 0.25f, 0.125f, 0.0625f]);
        var qkv = Inputs((long)c.Rows * c.Columns);
        int[] pasts = [17, 0, 9];
        var cacheValues = new float[c.B * c.T * 2 * c.NKV * c.HS];
        var pieceValues = new float[c.B * 3 * c.Columns];
        for (var b = 0; b < c.B; b++)
        {
            for (var t = 0; t < pasts[b]; t++)
            {
                qkv.AsSpan((int)c.At(b, t, c.NH), 2 * c.NKV * c.HS).CopyTo(
                    cacheValues.AsSpan((b * c.T + t) * 2 * c.NKV * c.HS));
            }

            qkv.AsSpan((int)c.At(b, pasts[b], 0), 3 * c.Columns).CopyTo(pieceValues.AsSpan(b * 3 * c.Columns));
        }

        var cache = Upload(cacheValues, c.B, c.T, 2 * c.NKV * c.HS);
        var output = Output(c.B, 3, c.NH * c.HS);
        var shape = new AttentionShape(c.B, 3, c.NH, c.NKV, c.HS, c.Scale, Slopes(c));
        Ops.AttentionCached(output, cache, Upload(pieceValues, c.B, 3, c.Columns), Make(pasts), shape);

        var (actual, cached) = (Read(output), Read(cache));
        var expected = AttentionReference.Forward(c, qkv.Doubles()).Output;
        for (var b = 0; b < c.B; b++)
        {
            var (first, count) = ((int)c.OutputAt(b, pasts[b], 0), 3 * c.NH * c.HS);
            AssertClose(
                $"sequence {b}", expected[first..(first + count)], actual[(b * count)..((b + 1) * count)], Units);
            for (var t = 0; t < c.T; t++)
            {
                var row = cached.AsSpan((b * c.T + t) * 2 * c.NKV * c.HS, 2 * c.NKV * c.HS);
                Assert.True(t < pasts[b] + 3
                    ? row.SequenceEqual(qkv.AsSpan((int)c.At(b, t, c.NH), 2 * c.NKV * c.HS))
                    : !row.ContainsAnyExcept(0), $"cache row {t} of sequence {b}");
            }
        }
    }

    [Fact]
    public void AttentionCached_WrongCache_SaysWhatWasExpected()
    {
        var shape = new AttentionShape(2, 3, 4, 2, 8, 1);
        var (output, qkv, past) = (Poisoned(2, 3, 32), Normal(2, 3, 64), Make([0, 0]));

        RequireError(
            "AttentionCached: cache: expected F32 (2, 3 or more, 32), got F32 (2, 2, 32).",
            () => Ops.AttentionCached(output, Normal(2, 2, 32), qkv, past, shape));
        RequireError(
            "AttentionCached: past: expected I32 (2), got I32 (1).",
            () => Ops.AttentionCached(output, Normal(2, 3, 32), qkv, Make([0]), shape));
    }

    private double Units => Element == DType.BF16 ? 1 : 16;

    /// <summary>Runs a sequence through the cache, piece by piece.</summary>
    protected float[] Decode(AttentionCase c, float[] qkv, int[] pieces, int capacity)
    {
        var slopes = Slopes(c);
        var cache = Output(c.B, capacity, 2 * c.NKV * c.HS);
        var result = new float[c.Rows * c.NH * c.HS];
        var past = 0;
        foreach (var count in pieces)
        {
            var piece = new float[c.B * count * c.Columns];
            for (var b = 0; b < c.B; b++)
            {
                qkv.AsSpan((int)c.At(b, past, 0), count * c.Columns).CopyTo(piece.AsSpan(b * count * c.Columns));
            }

            var pasts = new int[c.B];
            Array.Fill(pasts, past);
            var output = Output(c.B, count, c.NH * c.HS);
            var shape = new AttentionShape(c.B, count, c.NH, c.NKV, c.HS, c.Scale, slopes);
            CallCached(output, cache, Upload(piece, c.B, count, c.Columns), Make(pasts), shape);
            var values = Read(output);
            for (var b = 0; b < c.B; b++)
            {
                values.AsSpan(b * count * c.NH * c.HS, count * c.NH * c.HS).CopyTo(
                    result.AsSpan((int)c.OutputAt(b, past, 0)));
            }

            past += count;
        }

        return result;
    }

    protected virtual void CallCached(Tensor output, Tensor cache, Tensor qkv, Tensor past, in AttentionShape shape) =>
        Ops.AttentionCached(output, cache, qkv, past, shape);
}
