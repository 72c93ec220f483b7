using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    private protected override void EmbeddingForwardCore(
        Tensor output, Tensor tokens, Tensor tokenTable, Tensor? positionTable, int sequenceLength, int positionOffset,
        Tensor? offsets)
    {
        var job = new EmbeddingForwardJob
        {
            Output = (float*)output.Address,
            TokenTable = (float*)tokenTable.Address,
            PositionTable = Address(positionTable),
            Tokens = (int*)tokens.Address,
            Offsets = offsets is null ? null : (int*)offsets.Address,
            C = tokenTable.Shape.Columns,
            T = sequenceLength,
            PositionOffset = positionOffset,
        };
        _threads.ForLanes(job, tokens.Count, RowGrain(job.C));
    }

    private protected override void EmbeddingBackwardCore(
        Tensor dTokenTable, Tensor? dPositionTable, Tensor dOutput, Tensor tokens, int sequenceLength, int positionOffset,
        bool accumulateTokens, bool accumulatePositions, float gradientFraction, int paddingRow)
    {
        var n = tokens.Count;
        var keys = (long*)_rowScratch.Reserve(n * sizeof(long));
        var ids = (int*)tokens.Address;
        for (long i = 0; i < n; i++)
        {
            keys[i] = ((long)ids[i] << 32) | i;
        }

        new Span<long>(keys, checked((int)n)).Sort();
        TableGradient(dTokenTable, dOutput, keys, accumulateTokens, gradientFraction, paddingRow);
        if (dPositionTable is null)
        {
            return;
        }

        // Positions in order, and within one position the sequences in order: sorted as it is written.
        long key = 0;
        for (long t = 0; t < sequenceLength; t++)
        {
            for (var row = t; row < n; row += sequenceLength)
            {
                keys[key++] = ((positionOffset + t) << 32) | row;
            }
        }

        TableGradient(dPositionTable, dOutput, keys, accumulatePositions, 1f, -1);
    }

    private void TableGradient(
        Tensor dTable, Tensor dOutput, long* keys, bool accumulate, float fraction, int paddingRow)
    {
        var job = new EmbeddingBackwardJob
        {
            DTable = (float*)dTable.Address,
            DOutput = (float*)dOutput.Address,
            Keys = keys,
            N = dOutput.Shape.Rows,
            C = dTable.Shape.Columns,
            Fraction = fraction,
            PaddingRow = paddingRow,
            Accumulate = accumulate,
        };
        _threads.ForLanes(job, dTable.Shape[0], RowGrain(job.C));
    }
}
