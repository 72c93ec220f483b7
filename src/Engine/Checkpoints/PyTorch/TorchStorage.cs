namespace Inheritune.Engine.Checkpoints.PyTorch;

/// <summary>A run of elements that tensors are views of.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="DType">Element type, named as in safetensors.</param>
/// <param name="Count">Elements.</param>
internal sealed record TorchStorage(string Key, string DType, long Count)
{
    /// <summary>Bytes of an element.</summary>
    public int ElementBytes => SafetensorsTypes.Bits(DType) / 8;

    /// <summary>Where its first element lies in the file; set once that is known.</summary>
    public long Position { get; set; } = -1;
}
