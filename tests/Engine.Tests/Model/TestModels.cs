using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Engine.Tests.Model;

/// <summary>Small models with odd sizes, one for every form that the engine runs.</summary>
internal static class TestModels
{
    public static readonly DecoderConfig Gpt2 = new()
    {
        VocabSize = 19,
        Hidden = 20,
        Layers = 3,
        Heads = 4,
        MaxPositions = 11,
        InitializerRange = 0.2,
    };

    public static readonly DecoderConfig Llama = Gpt2 with
    {
        Family = "llama",
        Heads = 6,
        KvHeads = 2,
        HeadDim = 6,
        Ffn = 27,
        Norm = NormKind.RmsNorm,
        NormBias = false,
        NormEps = 1e-6,
        Position = PositionKind.Rotary,
        RopeScaling = new RopeScaling(RopeScalingKind.Llama3, 8, 1, 4, 16),
        Activation = Activation.Silu,
        GatedMlp = true,
        BiasQkv = false,
        BiasOut = false,
        BiasMlp = false,
        Tied = false,
    };

    /// <summary>Parallel residual, partial rotary positions, untied head: GPT-NeoX.</summary>
    public static readonly DecoderConfig Parallel = Gpt2 with
    {
        Residual = ResidualKind.Parallel,
        Position = PositionKind.Rotary,
        HeadDim = 7,
        RotaryDim = 4,
        Activation = Activation.GeluErf,
        Tied = false,
    };

    /// <summary>ALiBi with three heads, no biases, scaled logits: MPT.</summary>
    public static readonly DecoderConfig Alibi = Gpt2 with
    {
        Heads = 3,
        HeadDim = 5,
        Position = PositionKind.Alibi,
        Activation = Activation.GeluErf,
        NormBias = false,
        BiasQkv = false,
        BiasOut = false,
        BiasMlp = false,
        LogitScale = 0.75,
    };

    /// <summary>Shifted positions, ReLU, own scales of the blocks, no final norm, norms without weights.</summary>
    public static readonly DecoderConfig Unusual = Gpt2 with
    {
        PositionOffset = 2,
        Activation = Activation.Relu,
        ScaleDivisors = [1, 4, 2.5],
        AttentionScale = 0.3,
        FinalNorm = false,
        NormAffine = false,
    };

    /// <summary>Gated and parallel with biases everywhere.</summary>
    public static readonly DecoderConfig GatedParallel = Llama with
    {
        Residual = ResidualKind.Parallel,
        RopeScaling = new RopeScaling(RopeScalingKind.Linear, 2),
        BiasQkv = true,
        BiasOut = true,
        BiasMlp = true,
        Tied = true,
        ScaleAttentionByLayer = true,
    };

    /// <summary>Norms behind the branches, token table of another width: OPT-350M.</summary>
    public static readonly DecoderConfig PostNorm = Gpt2 with
    {
        EmbedDim = 13,
        NormPosition = NormPosition.Post,
        FinalNorm = false,
        PositionOffset = 2,
        Activation = Activation.Relu,
    };

    /// <summary>The same with everything that it has not: final norm, gated MLP, RMS norms, untied, rotary.</summary>
    public static readonly DecoderConfig PostNormGated = Llama with
    {
        EmbedDim = 27,
        NormPosition = NormPosition.Post,
    };

    /// <summary>Normalised q and k, limited q, k and v, ALiBi: MosaicGPT.</summary>
    public static readonly DecoderConfig QkNorm = Alibi with { QkNorm = true, ClipQkv = 0.9, NormBias = true };

    /// <summary>Normalised q and k of grouped heads that rotate.</summary>
    public static readonly DecoderConfig QkNormRotary = Llama with { QkNorm = true };

    /// <summary>Limited q, k and v that rotate.</summary>
    public static readonly DecoderConfig ClipRotary = Llama with { ClipQkv = 0.6 };

    /// <summary>Limited q, k and v: MPT.</summary>
    public static readonly DecoderConfig Clip = Alibi with { ClipQkv = 0.7 };

    /// <summary>Large enough that the kernels split their work.</summary>
    public static readonly DecoderConfig Wide = Gpt2 with
    {
        VocabSize = 301,
        Hidden = 120,
        Layers = 2,
        Heads = 6,
        MaxPositions = 64,
        InitializerRange = 0.05,
    };

    public static readonly IReadOnlyDictionary<string, DecoderConfig> All = new Dictionary<string, DecoderConfig>
    {
        ["gpt2"] = Gpt2,
        ["llama"] = Llama,
        ["parallel"] = Parallel,
        ["alibi"] = Alibi,
        ["unusual"] = Unusual,
        ["gated-parallel"] = GatedParallel,
        ["post-norm"] = PostNorm,
        ["post-norm-gated"] = PostNormGated,
        ["qk-norm"] = QkNorm,
        ["qk-norm-rotary"] = QkNormRotary,
        ["clip-rotary"] = ClipRotary,
        ["clip"] = Clip,
    };

    public static TheoryData<string> Names => [.. All.Keys];

    /// <summary>A model with random weights everywhere: norms near 1, biases not 0.</summary>
    public static Decoder Create(Device device, DecoderConfig config, int seed)
    {
        var model = new Decoder(device, config);
        model.Initialize((ulong)seed);
        foreach (var parameter in model.Table)
        {
            if (parameter.Shape.Rank == 1)
            {
                device.Ops.RandomNormal(model.Weights[parameter], (ulong)seed, (ulong)parameter.Offset, 0.2f);
                if (parameter.Role == ParameterRole.NormWeight)
                {
                    var values = model.Weights[parameter].ToArray();
                    model.Weights[parameter].Upload<float>(values.Select(v => 1 + v).ToArray());
                }
            }
        }

        return model;
    }

    /// <summary>Random ids, with some ignored targets.</summary>
    public static (int[] Tokens, int[] Targets) Batch(DecoderConfig config, int batch, int sequenceLength, int seed)
    {
        var random = new Random(seed);
        var tokens = new int[batch * sequenceLength];
        var targets = new int[tokens.Length];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = random.Next(config.VocabSize);
            targets[i] = i % 5 == 3 ? Ops.IgnoredTarget : random.Next(config.VocabSize);
        }

        return (tokens, targets);
    }
}
