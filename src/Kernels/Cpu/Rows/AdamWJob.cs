using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>One AdamW update of a flat range; the scalars are prepared in f64.</summary>
internal unsafe struct AdamWJob : ILaneJob
{
    public float* Weight, FirstMoment, SecondMoment, Gradient;
    public float GradientFactor;
    public float Decay, Beta1, OneMinusBeta1, Beta2, OneMinusBeta2, Eps;

    /// <summary>lr / (1 − β1ᵗ) and 1 / √(1 − β2ᵗ).</summary>
    public float StepSize, InverseRootCorrection2;
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (first, last) = (begin * Chunks.Size, Chunks.End(end, Count));
        var (factor, decay, stepSize) = (TLanes.Create(GradientFactor), TLanes.Create(Decay), TLanes.Create(StepSize));
        var (beta1, oneMinusBeta1) = (TLanes.Create(Beta1), TLanes.Create(OneMinusBeta1));
        var (beta2, oneMinusBeta2) = (TLanes.Create(Beta2), TLanes.Create(OneMinusBeta2));
        var (eps, inverseRoot) = (TLanes.Create(Eps), TLanes.Create(InverseRootCorrection2));
        for (var i = first; i < last; i += TLanes.Count)
        {
            var left = last - i;
            var g = factor * Lanes.Read<TLanes>(Gradient + i, left);
            var m = TLanes.MultiplyAdd(beta1, Lanes.Read<TLanes>(FirstMoment + i, left), oneMinusBeta1 * g);
            var v = TLanes.MultiplyAdd(beta2, Lanes.Read<TLanes>(SecondMoment + i, left), oneMinusBeta2 * (g * g));
            var denominator = TLanes.MultiplyAdd(TLanes.Sqrt(v), inverseRoot, eps);
            var w = decay * Lanes.Read<TLanes>(Weight + i, left) - stepSize * (m / denominator);
            Lanes.Write(m, FirstMoment + i, left);
            Lanes.Write(v, SecondMoment + i, left);
            Lanes.Write(w, Weight + i, left);
        }
    }
}
