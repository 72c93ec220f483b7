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
}
