using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Gpu;

/// <summary>MatmulArguments of kernels.cu: same fields, same order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GemmArguments
{
    public nint Output;
    public nint Pre;
    public nint A;
    public nint B;
    public nint Bias;
    public nint Partial;
    public int M;
    public int N;
    public int K;
    public int TilesOfK;
    public int Activation;
    public int Accumulate;
}
