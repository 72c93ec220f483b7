namespace Inheritune.Engine.Checkpoints.PyTorch;

/// <summary>A view of a storage.</summary>
/// <param name="Storage">Where its elements are.</param>
/// <param name="Offset">Element of the storage that comes first.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Stride">Elements between neighbours of each dimension.</param>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Shape, long[] Stride)
{
    /// <summary>Elements.</summary>
    public long Count { get; } = Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Elements of the storage from the first to the last that the view uses.</summary>
    public long Span { get; } = Shape.Contains(0) ? 0 : 1 + Shape.Zip(Stride, (n, s) => (n - 1) * s).Sum();

    /// <summary>The elements follow one another in row-major order.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (var i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] > 1 && Stride[i] != expected)
                {
                    return false;
                }

                expected *= Shape[i];
            }

            return true;
        }
    }
}
