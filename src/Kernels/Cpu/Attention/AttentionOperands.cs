using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>Sizes and addresses that every attention job needs.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly unsafe struct AttentionOperands(in AttentionShape shape, Tensor qkv)
{
    public readonly int T = shape.T, NH = shape.NH, NKV = shape.NKV, HS = shape.HS;
    public readonly float Scale = shape.Scale;

    /// <summary>Query heads of a key/value head.</summary>
    public readonly int Group = shape.NH / shape.NKV;

    /// <summary>Floats from one token to the next in qkv, and in the output.</summary>
    public readonly long QkvStride = shape.QkvColumns, OutputStride = shape.OutputColumns;

    public readonly float* Qkv = (float*)qkv.Address;

    /// <summary>m_h, or null.</summary>
    public readonly float* Slopes = shape.AlibiSlopes is { } slopes ? (float*)slopes.Address : null;

    /// <summary>ALiBi slope of a head; 0 without ALiBi.</summary>
    public float Slope(int head) => Slopes == null ? 0 : Slopes[head];

    /// <summary>
    /// Offset of query head <paramref name="head"/> of the first token of a sequence, in q, k, v or their
    /// gradient.
    /// </summary>
    public long QueryOffset(int sequence, int head) => (long)sequence * T * QkvStride + (long)head * HS;

    /// <summary>The same for a key head.</summary>
    public long KeyOffset(int sequence, int kvHead) => QueryOffset(sequence, NH + kvHead);

    /// <summary>The same for a value head.</summary>
    public long ValueOffset(int sequence, int kvHead) => QueryOffset(sequence, NH + NKV + kvHead);

    /// <summary>The same for a head of the output or its gradient.</summary>
    public long OutputOffset(int sequence, int head) => (long)sequence * T * OutputStride + (long)head * HS;
}
