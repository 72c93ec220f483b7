using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    /// <summary>Parts of the scratch memory begin at multiples of this.</summary>
    private const long ScratchAlignment = 256;

    private protected override void EmbeddingForwardCore(
        Tensor output, Tensor tokens, Tensor tokenTable, Tensor? positionTable, int sequenceLength, int positionOffset,
        Tensor? offsets)
    {
        var c = tokenTable.Shape.Columns;
        if (tokens.Count == 0)
        {
            return;
        }

        var arguments = default(KernelArguments);
        arguments.AddValue(new EmbeddingArguments
        {
            Output = output.Address,
            Tokens = tokens.Address,
            TokenTable = tokenTable.Address,
            PositionTable = Address(positionTable),
            Offsets = Address(offsets),
            N = tokens.Count,
            Columns = checked((int)c),
            Sequence = sequenceLength,
            Offset = positionOffset,
            Wide = HasWideRows(c, output, tokenTable, positionTable),
        });
        RowsKernel("embedding_forward", output.DType).Launch(
            new LaunchShape(RowsPlan.Ceiling(tokens.Count, 8), RowsPlan.Block), ref arguments);
    }

    private protected override void EmbeddingBackwardCore(
        Tensor dTokenTable, Tensor? dPositionTable, Tensor dOutput, Tensor tokens, int sequenceLength, int positionOffset,
        bool accumulateTokens, bool accumulatePositions, float gradientFraction, int paddingRow)
    {
        if (!accumulateTokens)
        {
            FillCore(dTokenTable, 0);
        }

        if (dPositionTable is not null && !accumulatePositions)
        {
            FillCore(dPositionTable, 0);
        }

        if (tokens.Count == 0)
        {
            return;
        }

        TokenGradient(dTokenTable, dOutput, tokens, gradientFraction, paddingRow);
        if (dPositionTable is not null)
        {
            PositionGradient(dPositionTable, dOutput, sequenceLength, positionOffset);
        }
    }

    private void TokenGradient(Tensor dTable, Tensor dOutput, Tensor tokens, float fraction, int paddingRow)
    {
        var (n, c) = (checked((int)tokens.Count), checked((int)dTable.Shape.Columns));
        var tiles = (int)RowsPlan.Ceiling(n, RowsPlan.SortTile);
        var slices = RowsPlan.Ceiling(n, RowsPlan.EmbeddingSlice);
        var lists = Aligned((long)n * sizeof(int));
        var counts = Aligned((long)RowsPlan.SortDigits * tiles * sizeof(int));
        var scratch = device.Scratch(checked(4 * lists + counts + slices * 2 * c * sizeof(float)));
        var (keys, values) = Sort(tokens, scratch, lists, tiles, RowsPlan.SortPasses(dTable.Shape[0]));
        var arguments = default(KernelArguments);
        arguments.AddValue(new EmbeddingGradientArguments
        {
            DTable = dTable.Address,
            Partial = scratch + (nint)(4 * lists + counts),
            DOutput = dOutput.Address,
            Keys = keys,
            Values = values,
            N = n,
            Columns = c,
            PaddingRow = paddingRow,
            Wide = HasWideRows(c, dTable, dOutput),
            Fraction = fraction,
        });
        var shape = new LaunchShape(RowsPlan.Ceiling(slices, 4), 128, 0, ColumnChunks(c, dTable.DType));
        RowsKernel("embedding_slices", dTable.DType).Launch(shape, ref arguments);
        RowsKernel("embedding_runs", dTable.DType).Launch(shape, ref arguments);
    }

    /// <summary>
    /// Sorts tokens with their places, stably. The scratch memory begins with two pairs of lists and the counts.
    /// </summary>
    private (nint Keys, nint Values) Sort(Tensor tokens, nint scratch, long listBytes, int tiles, int passes)
    {
        var counts = scratch + (nint)(4 * listBytes);
        var (keys, values) = (tokens.Address, (nint)0);
        for (var pass = 0; pass < passes; pass++)
        {
            var (n, shift) = (tokens.Count, pass * RowsPlan.SortDigitBits);
            var (keysOut, valuesOut) = (
                scratch + (nint)(pass % 2 * 2 * listBytes), scratch + (nint)((pass % 2 * 2 + 1) * listBytes));
            var count = default(KernelArguments);
            count.AddValue(counts);
            count.AddValue(keys);
            count.AddValue(n);
            count.AddValue(shift);
            RowsKernel("sort_count", AnyType).Launch(new LaunchShape(tiles, RowsPlan.SortDigits), ref count);
            var scan = default(KernelArguments);
            scan.AddValue(counts);
            scan.AddValue(checked(RowsPlan.SortDigits * tiles));
            RowsKernel("sort_scan", AnyType).Launch(new LaunchShape(1, 1024), ref scan);
            var scatter = default(KernelArguments);
            scatter.AddValue(keysOut);
            scatter.AddValue(valuesOut);
            scatter.AddValue(keys);
            scatter.AddValue(values);
            scatter.AddValue(counts);
            scatter.AddValue(n);
            scatter.AddValue(shift);
            RowsKernel("sort_scatter", AnyType).Launch(new LaunchShape(tiles, RowsPlan.SortDigits), ref scatter);
            (keys, values) = (keysOut, valuesOut);
        }

        return (keys, values);
    }

    private void PositionGradient(Tensor dTable, Tensor dOutput, int sequenceLength, int positionOffset)
    {
        var c = checked((int)dTable.Shape.Columns);
        var arguments = default(KernelArguments);
        arguments.Add(dTable);
        arguments.Add(dOutput);
        arguments.AddValue(dOutput.Shape.Rows);
        arguments.AddValue(c);
        arguments.AddValue(sequenceLength);
        arguments.AddValue(positionOffset);
        arguments.AddValue(HasWideRows(c, dTable, dOutput));
        RowsKernel("embedding_positions", dTable.DType).Launch(
            new LaunchShape(RowsPlan.Ceiling(sequenceLength, 4), 128, 0, ColumnChunks(c, dTable.DType)), ref arguments);
    }

    /// <summary>Parts of a row that one warp handles: a vector for each lane.</summary>
    private static int ColumnChunks(int columns, DType dtype) =>
        (int)RowsPlan.Ceiling(columns, 32 * RowsPlan.Vector(dtype));

    private static long Aligned(long sizeBytes) => RowsPlan.Ceiling(sizeBytes, ScratchAlignment) * ScratchAlignment;

    [StructLayout(LayoutKind.Sequential)]
    private struct EmbeddingArguments
    {
        public nint Output, Tokens, TokenTable, PositionTable, Offsets;
        public long N;
        public int Columns, Sequence, Offset, Wide;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct EmbeddingGradientArguments
    {
        public nint DTable, Partial, DOutput, Keys, Values;
        public int N, Columns, PaddingRow, Wide;
        public float Fraction;
    }
}
