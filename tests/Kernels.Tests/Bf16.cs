using Inheritune.Kernels;

namespace Kernels.Tests;

/// <summary>Elements of BF16 tensors, for tests.</summary>
public static class Bf16
{
    /// <summary>The nearest bf16, ties to even; NaN stays NaN.</summary>
    public static ushort Bits(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7fff : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The value of a bf16.</summary>
    public static float Value(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>The values as a tensor of this type would hold them.</summary>
    public static float[] Rounded(DType dtype, float[] values) =>
        dtype == DType.BF16 ? Array.ConvertAll(values, value => Value(Bits(value))) : values;

    /// <summary>Waits for the device and returns the values of an F32 or BF16 tensor.</summary>
    public static float[] Floats(this Tensor tensor)
    {
        if (tensor.DType != DType.BF16)
        {
            return tensor.ToArray();
        }

        var bits = new ushort[tensor.Count];
        tensor.ReadToHost<ushort>(bits);
        return Array.ConvertAll(bits, Value);
    }
}
