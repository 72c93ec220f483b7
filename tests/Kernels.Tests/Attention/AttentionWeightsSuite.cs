using Inheritune.Kernels;

namespace Kernels.Tests.Attention;

/// <summary>What the attention matrices must be on every device; they are f32 in every element type of qkv.</summary>
public abstract class AttentionWeightsSuite : AttentionElements
{
    public static readonly TheoryData<AttentionCase> Cases =
    [
        new AttentionCase(1, 1, 1, 1, 4, 1f),
        new AttentionCase(2, 23, 4, 2, 10, 0.4f),
        new AttentionCase(1, 37, 3, 3, 64, 0.1f),
        new AttentionCase(1, 19, 2, 1, 8, 0.3f, [0.5f, 0.125f]),
        new AttentionCase(1, 70, 1, 1, 100, 0.1f),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void AttentionWeights_OddSizes_MatchesReference(AttentionCase c)
    {
        var qkv = Inputs((long)c.Rows * c.Columns);
        var input = Upload(qkv, c.B, c.T, c.Columns);
        var shape = new AttentionShape(c.B, c.T, c.NH, c.NKV, c.HS, c.Scale, Slopes(c));
        foreach (var causal in (bool[])[true, false])
        {
            var weights = Poisoned(c.B, c.NH, c.T, c.T);
            Ops.AttentionWeights(weights, input, shape, causal);

            var actual = weights.ToArray();
            for (var row = 0; row < c.B * c.NH * c.T; row++)
            {
                var (b, h, p) = (row / c.T / c.NH, row / c.T % c.NH, row % c.T);
                var expected = AttentionReference.Weights(c, qkv.Doubles(), b, h, p, causal, out _);
                for (var j = 0; j < c.T; j++)
                {
                    Assert.Equal(expected[j], actual[row * c.T + j], 2e-6);
                }
            }
        }
    }
}
