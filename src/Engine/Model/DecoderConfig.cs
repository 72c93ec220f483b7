using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>
/// The one decoder configuration: GPT-2, LLaMA 1/2/3, GPT-NeoX, OPT, MPT and MosaicGPT are values of this record. Nothing
/// above it and the name tables of the checkpoints knows a family.
/// </summary>
public sealed record DecoderConfig
{
    /// <summary>Export dialect: "gpt2", "llama", "gpt_neox", "opt", "mpt", "mosaic_gpt".</summary>
    public string Family { get; init; } = "gpt2";

    /// <summary>V, rows of the token table.</summary>
    public required int VocabSize { get; init; }

    /// <summary>C, width of the residual stream.</summary>
    public required int Hidden { get; init; }

    /// <summary>E, width of the token table; 0 means C.</summary>
    public int EmbedDim { get; init; }

    /// <summary>L, blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>NH, query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>NKV, key/value heads; 0 means NH.</summary>
    public int KvHeads { get; init; }

    /// <summary>HS, head size; 0 means C / NH.</summary>
    public int HeadDim { get; init; }

    /// <summary>F, width of the MLP; 0 means 4C.</summary>
    public int Ffn { get; init; }

    /// <summary>Longest sequence: rows of the position table, or the rotary and ALiBi limit.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Kind of norm.</summary>
    public NormKind Norm { get; init; } = NormKind.LayerNorm;

    /// <summary>eps of the norms.</summary>
    public double NormEps { get; init; } = 1e-5;

    /// <summary>Norms have a weight.</summary>
    public bool NormAffine { get; init; } = true;

    /// <summary>Norms have a bias.</summary>
    public bool NormBias { get; init; } = true;

    /// <summary>Pre- or post-norm.</summary>
    public NormPosition NormPosition { get; init; } = NormPosition.Pre;

    /// <summary>A norm after the last block.</summary>
    public bool FinalNorm { get; init; } = true;

    /// <summary>Sequential or parallel residual.</summary>
    public ResidualKind Residual { get; init; } = ResidualKind.Sequential;

    /// <summary>Kind of positions.</summary>
    public PositionKind Position { get; init; } = PositionKind.Learned;

    /// <summary>Row of the position table of position 0 (OPT: 2).</summary>
    public int PositionOffset { get; init; }

    /// <summary>r, rotated dimensions of a head; 0 means HS.</summary>
    public int RotaryDim { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public double RotaryBase { get; init; } = 10000;

    /// <summary>Change of the rotary frequencies.</summary>
    public RopeScaling RopeScaling { get; init; } = new(RopeScalingKind.None);

    /// <summary>Maximum of the ALiBi slopes' exponent.</summary>
    public double AlibiBiasMax { get; init; } = 8;

    /// <summary>q and k are normalised over their whole width before the split into heads.</summary>
    public bool QkNorm { get; init; }

    /// <summary>Limit of the elements of q, k and v; 0 for none.</summary>
    public double ClipQkv { get; init; }

    /// <summary>Factor on q·k; 0 means HS^-½.</summary>
    public double AttentionScale { get; init; }

    /// <summary>Scores of block i are divided by its <see cref="ScaleDivisors"/> entry, i + 1 by default.</summary>
    public bool ScaleAttentionByLayer { get; init; }

    /// <summary>
    /// Divisors of the attention scores, one per block; null means i + 1 where <see cref="ScaleAttentionByLayer"/>, else 1.
    /// A block that moves keeps its divisor, so that it computes what it computed before.
    /// </summary>
    public IReadOnlyList<double>? ScaleDivisors { get; init; }

    /// <summary>Non-linearity of the MLP.</summary>
    public Activation Activation { get; init; } = Activation.GeluTanh;

    /// <summary>Gated MLP: down(act(gate(h)) ∘ up(h)).</summary>
    public bool GatedMlp { get; init; }

    /// <summary>q, k, v have biases.</summary>
    public bool BiasQkv { get; init; } = true;

    /// <summary>The attention output has a bias.</summary>
    public bool BiasOut { get; init; } = true;

    /// <summary>The MLP's linear layers have biases.</summary>
    public bool BiasMlp { get; init; } = true;

    /// <summary>The head is the token table.</summary>
    public bool Tied { get; init; } = true;

    /// <summary>Factor on the logits.</summary>
    public double LogitScale { get; init; } = 1;

    /// <summary>Factor on the gradient into the token table from the input side.</summary>
    public double EmbedGradFraction { get; init; } = 1;

    /// <summary>Token row without input gradient, or -1.</summary>
    public int PadRow { get; init; } = -1;

    /// <summary>Standard deviation of fresh weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>E as a number.</summary>
    public int E => EmbedDim == 0 ? Hidden : EmbedDim;

    /// <summary>NKV as a number.</summary>
    public int NKV => KvHeads == 0 ? Heads : KvHeads;

    /// <summary>HS as a number.</summary>
    public int HS => HeadDim == 0 ? Hidden / Math.Max(1, Heads) : HeadDim;

    /// <summary>F as a number.</summary>
    public int F => Ffn == 0 ? 4 * Hidden : Ffn;

    /// <summary>r as a number.</summary>
    public int R => RotaryDim == 0 ? HS : RotaryDim;

    /// <summary>Factor on q·k in block <paramref name="layer"/>, its divisor included.</summary>
    public double AttentionScaleOf(int layer) =>
        (AttentionScale == 0 ? 1 / Math.Sqrt(HS) : AttentionScale) / ScaleDivisorOf(layer);

    /// <summary>Divisor of the scores of block <paramref name="layer"/>.</summary>
    public double ScaleDivisorOf(int layer) =>
        ScaleDivisors is { } divisors ? divisors[layer] : ScaleAttentionByLayer ? layer + 1 : 1;

    /// <summary>Checks that the sizes make sense, before anything is allocated.</summary>
    /// <exception cref="ModelException">A size is wrong; the message names it.</exception>
    public void Validate()
    {
        RequirePositive(VocabSize, nameof(VocabSize));
        RequirePositive(Hidden, nameof(Hidden));
        RequirePositive(Layers, nameof(Layers));
        RequirePositive(Heads, nameof(Heads));
        RequirePositive(NKV, nameof(KvHeads));
        RequirePositive(MaxPositions, nameof(MaxPositions));
        RequirePositive(E, nameof(EmbedDim));
        RequirePositive(F, nameof(Ffn));
        Require(HeadDim > 0 || Hidden % Heads == 0, $"Heads: expected a divisor of Hidden = {Hidden}, got {Heads}. Set HeadDim otherwise.");
        RequirePositive(HS, nameof(HeadDim));
        Require(Heads % NKV == 0, $"KvHeads: expected a divisor of Heads = {Heads}, got {NKV}.");
        Require(
            Position != PositionKind.Rotary || (R >= 2 && R <= HS && R % 2 == 0),
            $"RotaryDim: expected an even number from 2 to the head size {HS}, got {R}.");
        Require(NormEps > 0, $"NormEps: expected more than 0, got {NormEps}.");
        Require(
            ScaleDivisors is null || (ScaleDivisors.Count == Layers && ScaleDivisors.All(d => d > 0)),
            $"ScaleDivisors: expected {Layers} positive numbers, one per block, got {ScaleDivisors?.Count}.");
    }

    /// <summary>Checks that the engine can run the model.</summary>
    /// <exception cref="ModelException">It cannot; the message names every value that stands in the way.</exception>
    public void RequireSupported()
    {
        var missing = new List<string>();
        AddIf(NormPosition == NormPosition.Post, "norms after the branches (NormPosition = Post)");
        AddIf(QkNorm, "normalised q and k (QkNorm)");
        AddIf(ClipQkv != 0, $"limited q, k and v (ClipQkv = {ClipQkv})");
        AddIf(E != Hidden, $"a token table of another width (EmbedDim = {E}, Hidden = {Hidden})");
        AddIf(RopeScaling.Kind == RopeScalingKind.Dynamic, "dynamic rotary scaling, which is for inference only");
        Require(missing.Count == 0, $"the engine cannot run {string.Join(", ", missing)} yet.");

        void AddIf(bool condition, string text)
        {
            if (condition)
            {
                missing.Add(text);
            }
        }
    }

    private static void RequirePositive(int value, string name) =>
        Require(value >= 1, $"{name}: expected 1 or more, got {value}.");

    private static void Require(bool condition, string text)
    {
        if (!condition)
        {
            throw new ModelException("Model configuration: " + text);
        }
    }
}
