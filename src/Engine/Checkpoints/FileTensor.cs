using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints;

/// <summary>One tensor of a model file and where its values lie among the canonical parameters.</summary>
/// <param name="Name">Name in the file, with the base prefix.</param>
/// <param name="Shape">Dimensions in the file.</param>
/// <param name="Parameter">Name in the parameter table.</param>
/// <param name="FirstRow">First canonical row (of a vector: element).</param>
/// <param name="RowCount">Canonical rows (of a vector: elements).</param>
/// <param name="IsTransposed">The file stores (in, out), the canonical rows are (out, in).</param>
public sealed record FileTensor(
    string Name, Shape Shape, string Parameter, long FirstRow, long RowCount, bool IsTransposed = false)
{
    /// <summary>Length of a canonical row.</summary>
    public long RowLength => RowCount == 0 ? 0 : Shape.Count / RowCount;

    /// <summary>First element inside the flattened parameter.</summary>
    public long FirstElement => FirstRow * RowLength;
}
