using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>Packs the shared operand: an item is some panels of one block of k.</summary>
internal unsafe struct GemmPackJob : IParallelJob
{
    public float* Target, Source;
    public long ElementStride, StepStride, Elements, K, Steps, FirstBlock, PanelStride, PanelsPerItem;
    public int Width;

    public readonly long Panels => (Elements + Width - 1) / Width;

    public readonly long ItemsPerBlock => (Panels + PanelsPerItem - 1) / PanelsPerItem;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        for (var item = begin; item < end; item++)
        {
            var (block, panel) = (item / ItemsPerBlock, item % ItemsPerBlock * PanelsPerItem);
            var step = (FirstBlock + block) * Steps;
            PanelPacking.Pack(
                Target + (block * Panels + panel) * PanelStride,
                PanelStride,
                Width,
                Math.Min(PanelsPerItem, Panels - panel),
                Source + panel * Width * ElementStride + step * StepStride,
                ElementStride,
                StepStride,
                Elements - panel * Width,
                Math.Min(Steps, K - step));
        }
    }
}
