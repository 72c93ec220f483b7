namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void EmbeddingForwardCore(
        Tensor output, Tensor tokens, Tensor tokenTable, Tensor? positionTable, int sequenceLength, int positionOffset,
        Tensor? offsets) =>
        throw new NotImplementedException();

    private protected override void EmbeddingBackwardCore(
        Tensor dTokenTable, Tensor? dPositionTable, Tensor dOutput, Tensor tokens, int sequenceLength, int positionOffset,
        bool accumulateTokens, bool accumulatePositions, float gradientFraction, int paddingRow) =>
        throw new NotImplementedException();
}
