using System.Runtime.Intrinsics.X86;
using Arm = System.Runtime.Intrinsics.Arm;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>Which vectors the matrix product uses.</summary>
internal enum GemmPath : byte
{
    /// <summary>Plain loops.</summary>
    Scalar,

    /// <summary>128 bits: Arm, and x86 without AVX2.</summary>
    Vector128,

    /// <summary>256 bits: AVX2 with FMA.</summary>
    Vector256,

    /// <summary>512 bits: AVX-512F.</summary>
    Vector512,
}

/// <summary>Choice of the path on this processor.</summary>
internal static class GemmPaths
{
    /// <summary>The fastest path that this processor has.</summary>
    /// <remarks>
    /// Asks for the instructions, not for <c>Vector512.IsHardwareAccelerated</c>, which is false on parts
    /// that lower their clock for wide vectors: the product gains all the same.
    /// </remarks>
    public static GemmPath Best =>
        Avx512F.IsSupported ? GemmPath.Vector512
        : Avx2.IsSupported && Fma.IsSupported ? GemmPath.Vector256
        : Arm.AdvSimd.IsSupported || Sse2.IsSupported ? GemmPath.Vector128
        : GemmPath.Scalar;
}
