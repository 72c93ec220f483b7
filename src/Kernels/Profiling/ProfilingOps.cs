namespace Inheritune.Kernels.Profiling;

/// <summary>Hands every operation on to <paramref name="inner"/> and records its time.</summary>
internal sealed partial class ProfilingOps(Ops inner, OpProfile profile) : Ops
{
    internal override bool ComputesIn(DType dtype) => inner.ComputesIn(dtype);
}
