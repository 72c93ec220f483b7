namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void MatrixRankCore(Tensor ranks, Tensor matrices, ReadOnlySpan<double> levels) =>
        throw new NotImplementedException();

    private protected override void MatrixMassCore(
        Tensor counts, Tensor matrices, ReadOnlySpan<double> levels, bool sorted) =>
        throw new NotImplementedException();

    private protected override void MatrixSinkCore(Tensor statistics, Tensor matrices) =>
        throw new NotImplementedException();
}
