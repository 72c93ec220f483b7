namespace Inheritune.Engine.Checkpoints;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="DType">Element type: "F32", "BF16", "I64", …</param>
/// <param name="Shape">Dimensions, row-major; empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the start of the data section.</param>
/// <param name="End">Byte after the last one.</param>
public sealed record SafetensorsEntry(
    string Name, string DType, IReadOnlyList<long> Shape, long Begin, long End)
{
    /// <summary>Number of elements.</summary>
    public long ElementCount
    {
        get
        {
            long count = 1;
            foreach (var dimension in Shape)
            {
                count = checked(count * dimension);
            }

            return count;
        }
    }

    /// <summary>Size in bytes.</summary>
    public long SizeBytes => End - Begin;

    /// <summary>As in "(8192, 768)".</summary>
    public string ShapeText => SafetensorsTypes.ShapeText(Shape);
}
