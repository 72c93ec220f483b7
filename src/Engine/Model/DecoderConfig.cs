using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>Normalisation of a block.</summary>
public enum NormKind
{
    /// <summary>Mean subtracted, variance 1.</summary>
    LayerNorm,

    /// <summary>Mean square 1.</summary>
    RmsNorm,
}

/// <summary>Where a block normalises.</summary>
public enum NormPosition
{
    /// <summary>x + f(norm(x)).</summary>
    Pre,

    /// <summary>norm(x + f(x)).</summary>
    Post,
}

/// <summary>How a block joins attention and MLP to the residual stream.</summary>
public enum ResidualKind
{
    /// <summary>MLP after attention.</summary>
    Sequential,

    /// <summary>Both from the same input.</summary>
    Parallel,
}

/// <summary>How positions enter the model.</summary>
public enum PositionKind
{
    /// <summary>A learned table added to the tokens.</summary>
    Learned,

    /// <summary>q and k are rotated.</summary>
    Rotary,

    /// <summary>A linear bias on the scores.</summary>
    Alibi,
}

/// <summary>Change of the rotary frequencies.</summary>
public enum RopeScalingKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>f / factor.</summary>
    Linear,

    /// <summary>Base grows with the length; inference only.</summary>
    Dynamic,

    /// <summary>Llama 3: long wavelengths divided, short ones kept, a ramp between.</summary>
    Llama3,
}

/// <summary>Parameters of <see cref="RopeScalingKind"/>.</summary>
/// <param name="Kind">Which change.</param>
/// <param name="Factor">factor.</param>
/// <param name="LowFrequencyFactor">Llama 3: low_freq_factor.</param>
/// <param name="HighFrequencyFactor">Llama 3: high_freq_factor.</param>
/// <param name="OriginalMaxPositions">Llama 3: original_max_position_embeddings.</param>
public sealed record RopeScaling(
    RopeScalingKind Kind, double Factor = 1, double LowFrequencyFactor = 1, double HighFrequencyFactor = 4,
    int OriginalMaxPositions = 8192);

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
}
