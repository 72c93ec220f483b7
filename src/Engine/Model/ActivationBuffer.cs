using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>One activation buffer of a pass.</summary>
/// <param name="Kind">What it belongs to, as in "attention": a line of the memory plan.</param>
/// <param name="Name">As in "qkv".</param>
/// <param name="Layer">Block, or -1 for a buffer that all blocks share.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Offset">First byte inside the pass's memory, a multiple of 256.</param>
/// <param name="SizeBytes">Bytes up to the next buffer.</param>
public sealed record ActivationBuffer(
    string Kind, string Name, int Layer, DType DType, Shape Shape, long Offset, long SizeBytes);
