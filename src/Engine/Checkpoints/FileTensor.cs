using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints;

/// <summary>One tensor of a model file and where its values lie among the canonical parameters.</summary>
/// <param name="Name">Name in the file, with the base prefix.</param>
/// <param name="Shape">Dimensions in the file.</param>
/// <param name="Parameter">Name in the parameter table.</param>
/// <param name="FirstRow">First canonical row (of a vector: element).</param>
/// <param name="RowCount">Canonical rows (of a vector: elements).</param>
/// <param name="IsTransposed">The file stores (in, out), the canonical rows are (out, in).</param>
/// <param name="FusedHeadSize">
/// HS where the rows of the file stand head by head, HS rows each of q, k and v, and the canonical rows are all
/// of q, all of k, all of v; else 0.
/// </param>
public sealed record FileTensor(
    string Name, Shape Shape, string Parameter, long FirstRow, long RowCount, bool IsTransposed = false,
    int FusedHeadSize = 0)
{
    /// <summary>Length of a canonical row.</summary>
    public long RowLength => RowCount == 0 ? 0 : Shape.Count / RowCount;

    /// <summary>The canonical rows as they stand are the tensor.</summary>
    public bool IsPlain => !IsTransposed && FusedHeadSize == 0;

    /// <summary>Where a row of the file stands among the canonical rows of the tensor.</summary>
    public long CanonicalRow(long fileRow)
    {
        if (FusedHeadSize == 0)
        {
            return fileRow;
        }

        var (group, element) = (fileRow / FusedHeadSize, fileRow % FusedHeadSize);
        return group % 3 * (RowCount / 3) + group / 3 * FusedHeadSize + element;
    }

    /// <summary>First element inside the flattened parameter.</summary>
    public long FirstElement => FirstRow * RowLength;
}
