namespace Inheritune.Kernels.Gpu;

/// <summary>Kernels of a matrix product by the sums that a block holds.</summary>
internal enum GemmTile
{
    /// <summary>64 x 64, operands of any alignment.</summary>
    Any,

    /// <summary>64 x 64, rows of 16-byte groups.</summary>
    Small,

    /// <summary>128 x 128, rows of 16-byte groups.</summary>
    Large,

    /// <summary>128 x 128 of two warpgroups, bf16 on compute capability 9.0.</summary>
    Warpgroups,

    /// <summary>128 x 256 of two warpgroups, bf16 on compute capability 9.0.</summary>
    WideWarpgroups,
}
