namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private const int VectorBytes = 16;

    /// <summary>Kernels that have no elements of either type are taken from this program.</summary>
    private const DType AnyType = DType.F32;

    private int Multiprocessors => device.Properties.Multiprocessors;

    /// <summary>Grid of an element-wise kernel over a tensor.</summary>
    private LaunchShape Elements(Tensor tensor) =>
        RowsPlan.Elements(tensor.Count, RowsPlan.Vector(tensor.DType), Multiprocessors);

    /// <summary>1 if 16-byte accesses may be used: every operand is null or starts at a multiple of 16 bytes.</summary>
    private static int IsWide(Tensor a, Tensor? b = null, Tensor? c = null, Tensor? d = null, Tensor? e = null) =>
        ((a.Address | Address(b) | Address(c) | Address(d) | Address(e)) & (VectorBytes - 1)) == 0 ? 1 : 0;

    /// <summary>As <see cref="IsWide"/>, for operands whose rows of the first one's length must be aligned too.</summary>
    private static int HasWideRows(
        long columns, Tensor a, Tensor? b = null, Tensor? c = null, Tensor? d = null, Tensor? e = null) =>
        columns % RowsPlan.Vector(a.DType) == 0 ? IsWide(a, b, c, d, e) : 0;

    private static nint Address(Tensor? tensor) => tensor?.Address ?? 0;

    private static int Flag(bool value) => value ? 1 : 0;
}
