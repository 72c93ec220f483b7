namespace Kernels.Tests.Attention;

/// <summary>The reference of the gradient is the gradient of the reference.</summary>
public sealed class AttentionReferenceTests
{
    [Fact]
    public void Backward_CentralDifferences_Agree()
    {
        var c = new AttentionCase(1, 11, 4, 2, 6, 0.4f, [0.5f, 0.25f, 0.125f, 0.0625f]);
        var random = new Random(11);
        double[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => 3 * random.NextDouble() - 1.5)];
        var (qkv, dOutput) = (Values(c.Rows * c.Columns), Values(c.Rows * c.NH * c.HS));

        Compare.CentralDifferences(
            "dQkv", x => Compare.Dot(AttentionReference.Forward(c, x).Output, dOutput), qkv,
            AttentionReference.Backward(c, qkv, dOutput));
    }
}
