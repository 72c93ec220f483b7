namespace Inheritune.Kernels;

public abstract partial class Ops
{
    /// <summary>Looks up token rows and adds learned positions: y[n] = E[t_n] + P[offset + n mod T].</summary>
    /// <param name="output">y, (N, C), N a multiple of <paramref name="sequenceLength"/>. Overwritten.</param>
    /// <param name="tokens">t, (N) i32, each in 0..V. Read. The caller has checked the range.</param>
    /// <param name="tokenTable">E, (V, C) f32 or bf16; the others have its type. Read.</param>
    /// <param name="positionTable">P, (positions, C), or null. Read.</param>
    /// <param name="sequenceLength">T, tokens per sequence.</param>
    /// <param name="positionOffset">Row of P of a sequence's first token.</param>
    public void EmbeddingForward(
        Tensor output, Tensor tokens, Tensor tokenTable, Tensor? positionTable, int sequenceLength, int positionOffset = 0)
    {
        CheckEmbedding(nameof(EmbeddingForward), output, tokens, tokenTable, positionTable, sequenceLength, positionOffset);
        EmbeddingForwardCore(output, tokens, tokenTable, positionTable, sequenceLength, positionOffset, null);
    }

    /// <summary>
    /// As <see cref="EmbeddingForward(Tensor, Tensor, Tensor, Tensor?, int, int)"/>, with a further offset for each
    /// sequence: y[b T + i] = E[t] + P[offset + offsets_b + i]. For generation with caches of different lengths.
    /// </summary>
    /// <param name="output">y, (N, C), N a multiple of <paramref name="sequenceLength"/>. Overwritten.</param>
    /// <param name="tokens">t, (N) i32, each in 0..V. Read. The caller has checked the range.</param>
    /// <param name="tokenTable">E, (V, C) f32 or bf16; the others have its type. Read.</param>
    /// <param name="positionTable">P, (positions, C), or null. Read.</param>
    /// <param name="sequenceLength">T, tokens per sequence.</param>
    /// <param name="positionOffset">Row of P that offset 0 means.</param>
    /// <param name="offsets">(N / T) i32. Read. The caller has checked that every position lies inside the table.</param>
    public void EmbeddingForward(
        Tensor output, Tensor tokens, Tensor tokenTable, Tensor? positionTable, int sequenceLength, int positionOffset,
        Tensor offsets)
    {
        const string Operation = nameof(EmbeddingForward);
        CheckEmbedding(Operation, output, tokens, tokenTable, positionTable, sequenceLength, positionOffset);
        RequireCount(Operation, nameof(offsets), offsets, DType.I32, tokens.Count / sequenceLength);
        EmbeddingForwardCore(output, tokens, tokenTable, positionTable, sequenceLength, positionOffset, offsets);
    }

    /// <summary>
    /// Gradient of <see cref="EmbeddingForward(Tensor, Tensor, Tensor, Tensor?, int, int)"/>:
    /// dE[v] = f Σ_{n: t_n = v} dy[n], dP[p] = Σ dy of the rows at position
    /// p. Rows are summed in the order of n: deterministic.
    /// </summary>
    /// <param name="dTokenTable">dE, (V, C) f32 or bf16, as all others. Overwritten (all rows) or accumulated.</param>
    /// <param name="dPositionTable">dP, (positions, C), or null. Overwritten (all rows) or accumulated.</param>
    /// <param name="dOutput">dy, (N, C). Read.</param>
    /// <param name="tokens">t, (N) i32. Read.</param>
    /// <param name="sequenceLength">T, tokens per sequence.</param>
    /// <param name="positionOffset">Row of P of a sequence's first token.</param>
    /// <param name="accumulateTokens">Add to dE; true where a tied head has already written it.</param>
    /// <param name="accumulatePositions">Add to dP.</param>
    /// <param name="gradientFraction">f, 0 &lt; f ≤ 1 (MPT's embedding_fraction).</param>
    /// <param name="paddingRow">Token row that gets no gradient, or -1.</param>
    public void EmbeddingBackward(
        Tensor dTokenTable,
        Tensor? dPositionTable,
        Tensor dOutput,
        Tensor tokens,
        int sequenceLength,
        int positionOffset,
        bool accumulateTokens,
        bool accumulatePositions,
        float gradientFraction = 1f,
        int paddingRow = -1)
    {
        CheckEmbedding(
            nameof(EmbeddingBackward), dOutput, tokens, dTokenTable, dPositionTable, sequenceLength, positionOffset);
        EmbeddingBackwardCore(
            dTokenTable, dPositionTable, dOutput, tokens, sequenceLength, positionOffset, accumulateTokens,
            accumulatePositions, gradientFraction, paddingRow);
    }

    private protected abstract void EmbeddingForwardCore(
        Tensor output, Tensor tokens, Tensor tokenTable, Tensor? positionTable, int sequenceLength, int positionOffset,
        Tensor? offsets);

    private protected abstract void EmbeddingBackwardCore(
        Tensor dTokenTable, Tensor? dPositionTable, Tensor dOutput, Tensor tokens, int sequenceLength, int positionOffset,
        bool accumulateTokens, bool accumulatePositions, float gradientFraction, int paddingRow);

    private void CheckEmbedding(
        string operation, Tensor rows, Tensor tokens, Tensor tokenTable, Tensor? positionTable, int sequenceLength,
        int positionOffset)
    {
        var c = tokenTable.Shape.Columns;
        var n = tokens.Count;
        RequireCount(operation, nameof(tokens), tokens, DType.I32, n);
        var dtype = FloatType(operation, nameof(tokenTable), tokenTable);
        Require(operation, nameof(tokenTable), tokenTable, dtype, tokenTable.Shape[0], c);
        Require(operation, "output", rows, dtype, n, c);
        if (sequenceLength < 1 || n % sequenceLength != 0)
        {
            Throw(operation, $"sequenceLength: expected a divisor of N = {n}, got {sequenceLength}.");
        }

        if (positionTable is not null)
        {
            Require(operation, nameof(positionTable), positionTable, dtype, positionTable.Shape[0], c);
            if (positionOffset < 0 || positionOffset + (long)sequenceLength > positionTable.Shape[0])
            {
                Throw(operation, $"positions {positionOffset}..{positionOffset + (long)sequenceLength}: expected inside "
                    + $"the position table {positionTable.Shape}. Shorten the sequence.");
            }
        }
    }
}
