using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>
/// The one decoder configuration: GPT-2, LLaMA 1/2/3, GPT-NeoX, OPT, MPT and MosaicGPT are values of this
/// record. Nothing
/// above it and the name tables of the checkpoints knows a family.
/// </summary>
public sealed partial record DecoderConfig
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

    /// <summary>
    /// Scores of block i are divided by its <see cref="ScaleDivisors"/> entry, i + 1 by default.
    /// </summary>
    public bool ScaleAttentionByLayer { get; init; }

    /// <summary>
    /// Divisors of the attention scores, one per block; null means i + 1 where <see
    /// cref="ScaleAttentionByLayer"/>, else 1.
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

    /// <summary>
    /// V rounded up, so that rows of logits are aligned: to a multiple of 128, or of 8 below 1024.
    /// </summary>
    public int PaddedVocabulary
    {
        get
        {
            var multiple = VocabSize < 1024 ? 8 : 128;
            return checked((VocabSize + multiple - 1) / multiple * multiple);
        }
    }

    /// <summary>HS as a number.</summary>
    public int HS => HeadDim == 0 ? Hidden / Math.Max(1, Heads) : HeadDim;

    /// <summary>F as a number.</summary>
    public int F => Ffn == 0 ? 4 * Hidden : Ffn;

    /// <summary>r as a number.</summary>
    public int R => RotaryDim == 0 ? HS : RotaryDim;

    /// <summary>q, k and v change after the matrix product, and the backward pass needs them as they were.</summary>
    internal bool KeepsRawQkv => QkNorm || (ClipQkv != 0 && Position == PositionKind.Rotary);

    /// <summary>Factor on q·k in block <paramref name="layer"/>, its divisor included.</summary>
    public double AttentionScaleOf(int layer) =>
        (AttentionScale == 0 ? 1 / Math.Sqrt(HS) : AttentionScale) / ScaleDivisorOf(layer);

    /// <summary>Divisor of the scores of block <paramref name="layer"/>.</summary>
    public double ScaleDivisorOf(int layer) =>
        ScaleDivisors is { } divisors ? divisors[layer] : ScaleAttentionByLayer ? layer + 1 : 1;
}
