namespace Inheritune.Kernels;

/// <summary>Element type of a tensor.</summary>
public enum DType : byte
{
    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>Upper half of a binary32; arithmetic is done in f32.</summary>
    BF16,

    /// <summary>Signed 32-bit integer: token ids, targets, counts.</summary>
    I32,
}

/// <summary>Sizes of the element types.</summary>
public static class DTypeExtensions
{
    /// <summary>Bytes of one element.</summary>
    public static int SizeBytes(this DType dtype) => dtype == DType.BF16 ? 2 : 4;
}
