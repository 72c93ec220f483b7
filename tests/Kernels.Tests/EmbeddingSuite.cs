using Inheritune.Kernels;

namespace Kernels.Tests;

public abstract class EmbeddingSuite : RowsSuite
{
    [Theory]
    [InlineData(1, 1, 1, 3)]
    [InlineData(7, 7, 13, 13)]
    [InlineData(130, 65, 65, 5)]
    [InlineData(130, 10, 768, 301)]
    public void Forward_OddSizes_AddsTokenAndPosition(int n, int t, int c, int v)
    {
        const int Offset = 2;
        var (tokens, table, positions) = (Tokens(n, v), Values(v * c), Values((t + 3) * c));
        var (output, plain) = (Empty(n, c), Empty(n, c));
        Ops.EmbeddingForward(output, Make(tokens), Put(table, v, c), Put(positions, t + 3, c), t, Offset);
        Ops.EmbeddingForward(plain, Make(tokens), Put(table, v, c), null, t);
        var (y, p) = (output.Floats(), plain.Floats());
        for (var i = 0; i < n * c; i++)
        {
            var token = table[tokens[i / c] * c + i % c];
            Assert.Equal(token, p[i]);
            Assert.Equal(Rounded(token + positions[(Offset + i / c % t) * c + i % c]), y[i]);
        }
    }

    [Theory]
    [InlineData(1, 5, 13)]
    [InlineData(3, 4, 65)]
    [InlineData(7, 1, 96)]
    public void Forward_OffsetPerSequence_ReadsThePositionsOfEach(int b, int t, int c)
    {
        const int V = 11, Positions = 30, Offset = 2;
        var offsets = Enumerable.Range(0, b).Select(_ => Random.Next(Positions - t - Offset)).ToArray();
        var (tokens, table, positions) = (Tokens(b * t, V), Values(V * c), Values(Positions * c));
        var output = Empty(b * t, c);
        Ops.EmbeddingForward(
            output, Make(tokens), Put(table, V, c), Put(positions, Positions, c), t, Offset, Make(offsets));
        var y = output.Floats();
        for (var i = 0; i < y.Length; i++)
        {
            var n = i / c;
            var position = Offset + offsets[n / t] + n % t;
            Assert.Equal(Rounded(table[tokens[n] * c + i % c] + positions[position * c + i % c]), y[i]);
        }
    }

    [Theory]
    [InlineData(1, 1, 1, 3, -1)]
    [InlineData(7, 7, 13, 13, 4)]
    [InlineData(130, 65, 65, 5, -1)]
    [InlineData(130, 10, 768, 301, 0)]
    [InlineData(60, 30, 67, 4000, 17)]
    [InlineData(2100, 70, 4, 3000, 3)]
    [InlineData(2100, 700, 9, 40, -1)]
    [InlineData(400, 200, 9, 2, -1)]
    public void Backward_OddSizes_MatchesReference(int n, int t, int c, int v, int paddingRow)
    {
        const int Offset = 1;
        const float Fraction = 0.5f;
        var (tokens, dy) = (Tokens(n, v), Values(n * c));
        var (dTokens, dPositions) = (Empty(v, c), Empty(t + 2, c));
        var (dTokens2, dPositions2) = (Empty(v, c), Empty(t + 2, c));
        Ops.Fill(dTokens2, 1);
        Ops.Fill(dPositions2, 1);
        var (dOutput, ids) = (Put(dy, n, c), Make(tokens));
        Ops.EmbeddingBackward(dTokens, dPositions, dOutput, ids, t, Offset, false, false, Fraction, paddingRow);
        Ops.EmbeddingBackward(dTokens2, dPositions2, dOutput, ids, t, Offset, true, true, Fraction, paddingRow);

        var (token64, position64) = Reference(tokens, dy.Doubles(), t, c, v, Offset, Fraction, paddingRow);
        Check(dTokens.Floats(), dTokens2.Floats(), token64);
        Check(dPositions.Floats(), dPositions2.Floats(), position64);
    }

    [Fact]
    public void Backward_TokensOnly_LeavesPositionsOut()
    {
        var dTokens = Empty(5, 3);
        Ops.EmbeddingBackward(dTokens, null, Put([1, 2, 3, 4, 5, 6], 2, 3), Make([3, 3]), 2, 0, false, false);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 7, 9, 0, 0, 0], dTokens.Floats());
    }

    [Fact]
    public void Reference_Backward_MatchesCentralDifferences()
    {
        const int N = 6, T = 3, C = 2, V = 4;
        var (tokens, dy) = (Tokens(N, V), NormalValues(N * C).Doubles());
        var (table, positions) = (NormalValues(V * C).Doubles(), NormalValues(T * C).Doubles());
        var (dTable, dPositions) = Reference(tokens, dy, T, C, V, 0, 1, -1);
        double Loss(double[] unused)
        {
            double loss = 0;
            for (var i = 0; i < N * C; i++)
            {
                loss += dy[i] * (table[tokens[i / C] * C + i % C] + positions[i / C % T * C + i % C]);
            }

            return loss;
        }

        Compare.CentralDifferences("table", Loss, table, dTable);
        Compare.CentralDifferences("positions", Loss, positions, dPositions[..positions.Length]);
    }

    [Fact]
    public void Embedding_OperandsAtOddAddresses_SameBits()
    {
        const int N = 70, T = 35, C = 32, V = 6;
        var (tokens, table, positions, dy) = (Make(Tokens(N, V)), Values(V * C), Values(T * C), Values(N * C));
        var (output, output2) = (Empty(N, C), PutShifted(dy, N, C));
        Ops.EmbeddingForward(output, tokens, Put(table, V, C), Put(positions, T, C), T);
        Ops.EmbeddingForward(output2, tokens, PutShifted(table, V, C), Put(positions, T, C), T);
        Assert.Equal(output.Floats(), output2.Floats());
        var (dTable, dPositions) = (Put(table, V, C), Put(positions, T, C));
        var (dTable2, dPositions2) = (PutShifted(table, V, C), PutShifted(positions, T, C));
        Ops.EmbeddingBackward(dTable, dPositions, Put(dy, N, C), tokens, T, 0, true, true);
        Ops.EmbeddingBackward(dTable2, dPositions2, PutShifted(dy, N, C), tokens, T, 0, true, true);
        Assert.Equal(dTable.Floats(), dTable2.Floats());
        Assert.Equal(dPositions.Floats(), dPositions2.Floats());
    }

    [Fact]
    public void Embedding_AnyThreadCount_SameBits() => RequireSameBits(() =>
    {
        const int N = 400, T = 100, C = 65, V = 37;
        var (tokens, dOutput) = (Make(Tokens(N, V)), Draw(N, C));
        var (table, positions, output) = (Empty(V, C), Empty(T, C), Empty(N, C));
        Ops.EmbeddingBackward(table, positions, dOutput, tokens, T, 0, false, false);
        Ops.EmbeddingBackward(table, positions, dOutput, tokens, T, 0, true, true);
        Ops.EmbeddingForward(output, tokens, table, positions, T);
        return [table.Floats(), positions.Floats(), output.Floats()];
    });

    [Fact]
    public void Embedding_SecondCall_AllocatesNothing()
    {
        const int N = 256, C = 64, V = 300;
        var (tokens, dOutput, table, positions) = (Make(Tokens(N, V)), Draw(N, C), Draw(V, C), Draw(N, C));
        RequireNoAllocation(() =>
        {
            Ops.EmbeddingForward(dOutput, tokens, table, positions, N);
            Ops.EmbeddingBackward(table, positions, dOutput, tokens, N, 0, true, false);
        });
    }

    [Fact]
    public void Embedding_WrongOperand_SaysWhich()
    {
        var (output, table, positions, tokens) = (Draw(4, 8), Draw(9, 8), Draw(2, 8), Make([1, 2, 3, 4]));
        RequireError(
            "EmbeddingForward: tokens: expected I32 (8), got F32 (8).",
            () => Ops.EmbeddingForward(output, Normal(8), table, null, 4));
        RequireError(
            $"EmbeddingForward: output: expected {Element} (4, 8), got {Element} (9, 8).",
            () => Ops.EmbeddingForward(table, tokens, table, null, 4));
        RequireError(
            "EmbeddingForward: sequenceLength: expected a divisor of N = 4, got 3.",
            () => Ops.EmbeddingForward(output, tokens, table, null, 3));
        RequireError(
            "EmbeddingBackward: positions 1..3: expected inside the position table (2, 8). Shorten the sequence.",
            () => Ops.EmbeddingBackward(table, positions, output, tokens, 2, 1, false, false));
        RequireError(
            "EmbeddingForward: offsets: expected I32 (2), got I32 (4).",
            () => Ops.EmbeddingForward(output, tokens, table, null, 2, 0, tokens));
        RequireError(
            $"EmbeddingForward: positionTable: expected {Element} (2, 8), got {Element} (2, 4).",
            () => Ops.EmbeddingForward(output, tokens, table, Draw(2, 4), 2));
    }

    private void Check(float[] overwritten, float[] accumulated, double[] reference)
    {
        for (var i = 0; i < reference.Length; i++)
        {
            Assert.Equal(reference[i], overwritten[i], 1e-5 + Math.Abs(reference[i]) * Roundoff);
            var sum = reference[i] + 1;
            Assert.Equal(sum, accumulated[i], 1e-5 + Math.Abs(sum) * Roundoff);
        }
    }

    private static (double[] Tokens, double[] Positions) Reference(
        int[] tokens, double[] dy, int t, int c, int v, int offset, double fraction, int paddingRow)
    {
        var (dTokens, dPositions) = (new double[v * c], new double[(t + 2) * c]);
        for (var i = 0; i < dy.Length; i++)
        {
            var token = tokens[i / c];
            dTokens[token * c + i % c] += token == paddingRow ? 0 : fraction * dy[i];
            dPositions[(offset + i / c % t) * c + i % c] += dy[i];
        }

        return (dTokens, dPositions);
    }

    private int[] Tokens(int n, int v)
    {
        var tokens = new int[n];
        for (var i = 0; i < n; i++)
        {
            tokens[i] = Random.Next(v);
        }

        tokens[0] = v - 1;
        return tokens;
    }
}
