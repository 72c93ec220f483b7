using System.Runtime.Intrinsics;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;
using Inheritune.Kernels.Cpu.Attention;

namespace Kernels.Tests.Attention;

/// <summary>On the CPU, decoding has the bits of the forward pass, with vectors of every width.</summary>
public sealed class CpuAttentionCachedTests : AttentionCachedSuite
{
    [Theory]
    [MemberData(nameof(Cases))]
    public void AttentionCached_InPieces_SameBitsAsForward(AttentionCase c, int[] pieces)
    {
        var qkv = NormalValues((long)c.Rows * c.Columns);
        var slopes = c.Slopes is null ? null : Make(c.Slopes, c.NH);
        var shape = new AttentionShape(c.B, c.T, c.NH, c.NKV, c.HS, c.Scale, slopes);
        var (output, logSumExp) = (Poisoned(c.B, c.T, c.NH * c.HS), Poisoned(c.B, c.NH, c.T));
        var input = Make(qkv, c.B, c.T, c.Columns);
        int[] steps = [.. Enumerable.Repeat(1, c.T)];

        Ops.AttentionForward(output, logSumExp, input, shape);
        Assert.Equal(output.ToArray(), Decode(c, qkv, pieces, c.T));
        Assert.Equal(output.ToArray(), Decode(c, qkv, steps, c.T));
    }

    [Fact]
    public void AttentionCached_EveryVectorWidth_SameBitsAsForward()
    {
        Check<Simd128, Vector128<float>>();
        Check<Simd256, Vector256<float>>();
        Check<Simd512, Vector512<float>>();
    }

    [Fact]
    public void AttentionCached_PastBeyondTheCache_Throws()
    {
        var shape = new AttentionShape(2, 3, 4, 2, 8, 1);
        var (output, qkv, past) = (Poisoned(2, 3, 32), Normal(2, 3, 64), Make([0, 3]));

        RequireError(
            "AttentionCached: past: expected 0 to 2 for 3 positions of 5, got 3.",
            () => Ops.AttentionCached(output, Normal(2, 5, 32), qkv, past, shape));
    }

    protected override Device Open(int threads) => new CpuDevice(threads);

    private void Check<TSimd, TVector>()
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        var ops = (CpuOps)Device.PlainOps;
        var shape = new AttentionShape(1, 90, 2, 1, 20, 0.2f);
        var values = NormalValues(shape.N * shape.QkvColumns);
        var (full, logSumExp) = (Poisoned(1, 90, 40), Poisoned(1, 2, 90));
        ops.Forward<TSimd, TVector>(full, logSumExp, Make(values, 1, 90, 80), shape);
        var cache = Poisoned(1, 90, 40);
        var past = 0;
        foreach (var count in (int[])[66, 1, 2, 21])
        {
            var output = Poisoned(1, count, 40);
            var piece = Make(values[(past * 80)..((past + count) * 80)], 1, count, 80);
            ops.Cached<TSimd, TVector>(output, cache, piece, Make([past]), shape with { T = count });
            Assert.Equal(full.ToArray()[(past * 40)..((past + count) * 40)], output.ToArray());
            past += count;
        }
    }
}
