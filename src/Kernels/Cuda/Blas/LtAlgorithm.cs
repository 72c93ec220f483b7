using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cuda;

/// <summary>cublasLtMatmulAlgo_t: may be stored and used again with the same library version.</summary>
[InlineArray(8)]
internal struct LtAlgorithm
{
    private ulong _first;
}
