using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cuda;

/// <summary>cublasLtMatmulHeuristicResult_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LtHeuristicResult
{
    public LtAlgorithm Algorithm;
    public nuint WorkspaceBytes;
    public int State;
    public float Waves;
    private readonly long _reserved1;
    private readonly long _reserved2;
}
