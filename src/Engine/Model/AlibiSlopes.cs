namespace Inheritune.Engine.Model;

/// <summary>
/// ALiBi's slopes (arXiv:2108.12409), in MPT's order for head counts that are no power of two.
/// </summary>
internal static class AlibiSlopes
{
    /// <summary>m_h for h in 0..heads.</summary>
    public static float[] Build(int heads, double biasMax)
    {
        var n = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)heads);
        double Slope(int k) => Math.Pow(2, -biasMax * k / n);
        var slopes = new List<double>();
        if (n == heads)
        {
            slopes.AddRange(Enumerable.Range(1, n).Select(Slope));
        }
        else
        {
            slopes.AddRange(Enumerable.Range(1, n / 2).Select(k => Slope(2 * k)));
            slopes.AddRange(Enumerable.Range(0, n / 2).Select(k => Slope(2 * k + 1)));
        }

        return [.. slopes.Take(heads).Select(s => (float)s)];
    }
}
