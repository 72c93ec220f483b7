using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Inheritune.Kernels.Cpu.Attention;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    private readonly ThreadScratch _attentionScratch = new(device.Threads.Count);

    private protected override void RopeCore(
        Tensor qkv, Tensor cosSin, in AttentionShape shape, Tensor? offsets, int positionOffset, bool inverse)
    {
        if (offsets is not null)
        {
            CheckPositions(nameof(Rope), nameof(offsets), offsets, shape.T, cosSin.Shape[0]);
        }

        var job = new RopeJob
        {
            Qkv = (float*)qkv.Address,
            CosSin = (float*)cosSin.Address,
            Offsets = offsets is null ? null : (int*)offsets.Address,
            T = shape.T,
            HS = shape.HS,
            Heads = shape.NH + shape.NKV,
            Half = (int)cosSin.Shape.Columns / 2,
            RowStride = shape.QkvColumns,
            PositionOffset = positionOffset,
            SineSign = inverse ? -1 : 1,
        };
        _threads.For(job, shape.N, Math.Max(1, 16384 / shape.QkvColumns));
    }

    private protected override void AttentionForwardCore(
        Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
    {
        if (Avx512F.IsSupported)
        {
            Forward<Simd512, Vector512<float>>(output, logSumExp, qkv, shape);
        }
        else if (Avx2.IsSupported && Fma.IsSupported)
        {
            Forward<Simd256, Vector256<float>>(output, logSumExp, qkv, shape);
        }
        else
        {
            Forward<Simd128, Vector128<float>>(output, logSumExp, qkv, shape);
        }
    }

    private protected override void AttentionBackwardCore(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
    {
        if (Avx512F.IsSupported)
        {
            Backward<Simd512, Vector512<float>>(dQkv, dOutput, output, logSumExp, qkv, shape);
        }
        else if (Avx2.IsSupported && Fma.IsSupported)
        {
            Backward<Simd256, Vector256<float>>(dQkv, dOutput, output, logSumExp, qkv, shape);
        }
        else
        {
            Backward<Simd128, Vector128<float>>(dQkv, dOutput, output, logSumExp, qkv, shape);
        }
    }

    private protected override void AttentionCachedCore(
        Tensor output, Tensor cache, Tensor qkv, Tensor past, in AttentionShape shape)
    {
        if (Avx512F.IsSupported)
        {
            Cached<Simd512, Vector512<float>>(output, cache, qkv, past, shape);
        }
        else if (Avx2.IsSupported && Fma.IsSupported)
        {
            Cached<Simd256, Vector256<float>>(output, cache, qkv, past, shape);
        }
        else
        {
            Cached<Simd128, Vector128<float>>(output, cache, qkv, past, shape);
        }
    }

    /// <summary>
    /// The forward pass with vectors of a chosen width; separate, so that tests reach every width.
    /// </summary>
    internal void Forward<TSimd, TVector>(Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        var layout = new AttentionLayout(shape.T, shape.HS, TSimd.Count, backward: false);
        var job = new AttentionForwardJob<TSimd, TVector>
        {
            Operands = new AttentionOperands(shape, qkv),
            Layout = layout,
            Output = (float*)output.Address,
            LogSumExp = (float*)logSumExp.Address,
            Scratch = _attentionScratch.Reserve(layout.Size),
        };
        _threads.For(job, (long)shape.B * shape.NH, 1);
    }

    /// <summary>The backward pass with vectors of a chosen width.</summary>
    internal void Backward<TSimd, TVector>(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        var layout = new AttentionLayout(shape.T, shape.HS, TSimd.Count, backward: true);
        var job = new AttentionBackwardJob<TSimd, TVector>
        {
            Operands = new AttentionOperands(shape, qkv),
            Layout = layout,
            DQkv = (float*)dQkv.Address,
            DOutput = (float*)dOutput.Address,
            Output = (float*)output.Address,
            LogSumExp = (float*)logSumExp.Address,
            Scratch = _attentionScratch.Reserve(layout.Size),
        };
        _threads.For(job, (long)shape.B * shape.NKV, 1);
    }

    /// <summary>Attention to a cache with vectors of a chosen width.</summary>
    internal void Cached<TSimd, TVector>(Tensor output, Tensor cache, Tensor qkv, Tensor past, in AttentionShape shape)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        var capacity = cache.Shape[1];
        CheckPositions(nameof(AttentionCached), nameof(past), past, shape.T, capacity);
        var layout = new AttentionLayout(checked((int)capacity), shape.HS, TSimd.Count, backward: false);
        var job = new AttentionCachedJob<TSimd, TVector>
        {
            Operands = new AttentionOperands(shape, qkv),
            Output = (float*)output.Address,
            Cache = (float*)cache.Address,
            Past = (int*)past.Address,
            Capacity = capacity,
            Scratch = _attentionScratch.Reserve(layout.Size),
        };
        _threads.For(job, (long)shape.B * shape.NKV, 1);
    }

    /// <summary>Throws unless <paramref name="T"/> positions from each start lie inside the limit.</summary>
    private static void CheckPositions(string operation, string operand, Tensor starts, int T, long limit)
    {
        foreach (var start in new ReadOnlySpan<int>((void*)starts.Address, (int)starts.Count))
        {
            if (start < 0 || start + (long)T > limit)
            {
                Throw(operation, $"{operand}: expected 0 to {limit - T} for {T} positions of {limit}, got {start}.");
            }
        }
    }
}
