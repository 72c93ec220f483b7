using System.Globalization;

namespace Inheritune.Engine.Model;

public sealed partial record DecoderConfig
{
    /// <summary>Checks that the numbers make sense, before anything is allocated.</summary>
    /// <exception cref="ModelException">One does not; the message names it.</exception>
    public void Validate()
    {
        RequirePositive(VocabSize, nameof(VocabSize));
        RequirePositive(Hidden, nameof(Hidden));
        RequirePositive(Layers, nameof(Layers));
        RequirePositive(Heads, nameof(Heads));
        RequirePositive(NKV, nameof(KvHeads));
        RequirePositive(MaxPositions, nameof(MaxPositions));
        RequirePositive(E, nameof(EmbedDim));
        Require(Ffn >= 0, $"Ffn: expected 1 or more, or 0 for 4 x Hidden, got {Ffn}.");
        Require(
            HeadDim != 0 || Hidden % Heads == 0,
            $"Heads: expected a divisor of Hidden = {Hidden}, got {Heads}. Set HeadDim otherwise.");
        RequirePositive(HS, nameof(HeadDim));
        Require(Heads % NKV == 0, $"KvHeads: expected a divisor of Heads = {Heads}, got {NKV}.");
        Require(PositionOffset >= 0, $"PositionOffset: expected 0 or more, got {PositionOffset}.");
        Require(PadRow >= -1 && PadRow < VocabSize, $"PadRow: expected a row below {VocabSize}, or -1 for none, got {PadRow}.");
        RequireSizesFit();
        RequirePositions();
        RequireFactors();
    }

    /// <summary>Checks that the engine can run the model.</summary>
    /// <exception cref="ModelException">It cannot; the message names the value that stands in the way.</exception>
    public void RequireSupported()
    {
        Require(
            NormPosition == NormPosition.Pre || Residual == ResidualKind.Sequential,
            "NormPosition = Post: expected a sequential residual stream, got Residual = Parallel.");
    }

    /// <summary>
    /// Rows and columns of every matrix are 32-bit, the numbers of elements together 64-bit.
    /// </summary>
    private void RequireSizesFit()
    {
        RequireIndex((Heads + 2L * NKV) * HS, "(Heads + 2 KvHeads) x HeadDim");
        RequireIndex(Ffn == 0 ? 8L * Hidden : 2L * Ffn, "2 x Ffn");
        RequireIndex((long)MaxPositions + PositionOffset, "MaxPositions + PositionOffset");
        var perBlock = (double)Hidden * ((2.0 * Heads + 2.0 * NKV) * HS + 3.0 * F);
        var total = perBlock * Layers + 2.0 * VocabSize * E + ((double)MaxPositions + PositionOffset) * Hidden;
        Require(
            total < 1e15,
            $"sizes: expected a model that a computer can hold, got about {Text(Math.Round(total / 1e12))}e12 parameters.");
    }

    private void RequirePositions()
    {
        if (Position == PositionKind.Rotary)
        {
            Require(
                R >= 2 && R <= HS && R % 2 == 0,
                $"RotaryDim: expected an even number from 2 to the head size {HS}, got {R}.");
            RequireFactor(RotaryBase, nameof(RotaryBase));
            RequireFactor(RopeScaling.Factor, "RopeScaling.Factor");
            if (RopeScaling.Kind == RopeScalingKind.Llama3)
            {
                RequireFactor(RopeScaling.LowFrequencyFactor, "RopeScaling.LowFrequencyFactor");
                Require(
                    RopeScaling.HighFrequencyFactor > RopeScaling.LowFrequencyFactor,
                    $"RopeScaling.HighFrequencyFactor: expected more than the low one, {Text(RopeScaling.LowFrequencyFactor)}, "
                    + $"got {Text(RopeScaling.HighFrequencyFactor)}.");
                RequirePositive(RopeScaling.OriginalMaxPositions, "RopeScaling.OriginalMaxPositions");
            }
        }

        if (Position == PositionKind.Alibi)
        {
            RequireFactor(AlibiBiasMax, nameof(AlibiBiasMax));
        }
    }

    private void RequireFactors()
    {
        RequireFactor(NormEps, nameof(NormEps));
        RequireFactor(InitializerRange, nameof(InitializerRange));
        RequireFactor(LogitScale, nameof(LogitScale));
        Require(
            double.IsFinite(ClipQkv) && ClipQkv >= 0,
            $"ClipQkv: expected a positive number, or 0 for none, got {Text(ClipQkv)}.");
        RequireFactor(EmbedGradFraction, nameof(EmbedGradFraction));
        Require(EmbedGradFraction <= 1, $"EmbedGradFraction: expected at most 1, got {Text(EmbedGradFraction)}.");
        Require(double.IsFinite(AttentionScale) && AttentionScale >= 0,
            $"AttentionScale: expected a positive number, or 0 for HeadDim^-0.5, got {Text(AttentionScale)}.");
        Require(
            ScaleDivisors is null || ScaleDivisors.Count == Layers,
            $"ScaleDivisors: expected {Layers} numbers, one per block, got {ScaleDivisors?.Count}.");
        for (var i = 0; i < (ScaleDivisors?.Count ?? 0); i++)
        {
            RequireFactor(ScaleDivisors![i], $"ScaleDivisors, block {i}");
        }
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static void RequirePositive(int value, string name) =>
        Require(value >= 1, $"{name}: expected 1 or more, got {value}.");

    private static void RequireFactor(double value, string name) =>
        Require(double.IsFinite(value) && value > 0, $"{name}: expected a positive number, got {Text(value)}.");

    private static void RequireIndex(long value, string name) =>
        Require(value <= int.MaxValue, $"{name}: expected at most {int.MaxValue}, got {value}.");

    private static void Require(bool condition, string text)
    {
        if (!condition)
        {
            throw new ModelException("Model configuration: " + text);
        }
    }
}
