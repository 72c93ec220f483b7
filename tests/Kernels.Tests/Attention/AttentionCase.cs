namespace Kernels.Tests.Attention;

/// <summary>Sizes and options of one attention test.</summary>
public sealed record AttentionCase(int B, int T, int NH, int NKV, int HS, float Scale, float[]? Slopes = null)
{
    public int Columns => (NH + 2 * NKV) * HS;

    public int Rows => B * T;

    public double Slope(int head) => Slopes is null ? 0 : Slopes[head];

    /// <summary>
    /// Index of element d of query head h of token t of sequence b; keys and values follow as heads.
    /// </summary>
    public long At(int b, int t, int h, int d = 0) => ((long)b * T + t) * Columns + (long)h * HS + d;

    public long OutputAt(int b, int t, int h, int d = 0) => (((long)b * T + t) * NH + h) * HS + d;

    public override string ToString() => $"B{B} T{T} NH{NH} NKV{NKV} HS{HS}{(Slopes is null ? "" : " alibi")}";
}
