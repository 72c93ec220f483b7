namespace Inheritune.Kernels;

/// <summary>Up to four dimensions, row-major, products in 64 bits.</summary>
public readonly record struct Shape
{
    private readonly long _d0, _d1, _d2, _d3;

    /// <summary>A shape of rank 1 to 4; every dimension is at least 0.</summary>
    public Shape(params ReadOnlySpan<long> dimensions)
    {
        if (dimensions.Length is < 1 or > 4)
        {
            throw new ShapeException($"Shape: rank: expected 1 to 4 dimensions, got {dimensions.Length}.");
        }

        Rank = dimensions.Length;
        long count = 1;
        for (var i = 0; i < dimensions.Length; i++)
        {
            if (dimensions[i] < 0)
            {
                throw new ShapeException($"Shape: dimension {i}: expected 0 or more, got {dimensions[i]}.");
            }

            count = checked(count * dimensions[i]);
        }

        _d0 = dimensions[0];
        _d1 = Rank > 1 ? dimensions[1] : 1;
        _d2 = Rank > 2 ? dimensions[2] : 1;
        _d3 = Rank > 3 ? dimensions[3] : 1;
        Count = count;
    }

    /// <summary>Number of dimensions.</summary>
    public int Rank { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>Size of dimension <paramref name="index"/>.</summary>
    public long this[int index] => (uint)index < (uint)Rank
        ? index switch { 0 => _d0, 1 => _d1, 2 => _d2, _ => _d3 }
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"shape {this} has rank {Rank}");

    /// <summary>The last dimension: the length of a row.</summary>
    public long Columns => this[Rank - 1];

    /// <summary>All dimensions but the last, multiplied: the number of rows.</summary>
    public long Rows => Columns == 0 ? 0 : Count / Columns;

    /// <summary>As in "(8192, 768)".</summary>
    public override string ToString() => Rank switch
    {
        0 => "()",
        1 => $"({_d0})",
        2 => $"({_d0}, {_d1})",
        3 => $"({_d0}, {_d1}, {_d2})",
        _ => $"({_d0}, {_d1}, {_d2}, {_d3})",
    };
}

/// <summary>An operand has the wrong shape, element type or device; nothing was enqueued.</summary>
public sealed class ShapeException(string message) : ArgumentException(message);

/// <summary>A device cannot do what was asked: it is missing, out of memory or faulty.</summary>
public sealed class DeviceException(string message, Exception? inner = null) : Exception(message, inner);
