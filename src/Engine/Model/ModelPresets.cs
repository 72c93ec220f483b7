using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>Model configurations by name.</summary>
public static class ModelPresets
{
    private static readonly Dictionary<string, DecoderConfig> Configs = new(StringComparer.Ordinal)
    {
        ["gpt2"] = Gpt2(12, 12, 768),
        ["gpt2-medium"] = Gpt2(24, 16, 1024),
        ["gpt2-large"] = Gpt2(36, 20, 1280),
        ["gpt2-xl"] = Gpt2(48, 25, 1600),
        ["distilgpt2"] = Gpt2(6, 12, 768),
        ["char"] = Gpt2(6, 6, 384) with { VocabSize = 65, MaxPositions = 256 },
        ["tiny-gpt2"] = Gpt2(2, 2, 32) with { VocabSize = 97, MaxPositions = 64 },
        ["tiny-llama"] = Llama(2, 4, 2, 32, 88, 97, 64) with { Tied = true },
        ["llama-7b"] = Llama(32, 32, 32, 4096, 11008, 32000, 2048) with { NormEps = 1e-6 },
        ["llama-2-7b"] = Llama(32, 32, 32, 4096, 11008, 32000, 4096),
        ["llama-2-13b"] = Llama(40, 40, 40, 5120, 13824, 32000, 4096),
        ["llama-2-70b"] = Llama(80, 64, 8, 8192, 28672, 32000, 4096),
        ["llama-3-8b"] = Llama(32, 32, 8, 4096, 14336, 128256, 8192) with { RotaryBase = 500000 },
        ["llama-3.2-1b"] = Llama(16, 32, 8, 2048, 8192, 128256, 131072) with
        {
            RotaryBase = 500000,
            Tied = true,
            HeadDim = 64,
            RopeScaling = new RopeScaling(RopeScalingKind.Llama3, 32, 1, 4, 8192),
        },
        ["llama-3.2-3b"] = Llama(28, 24, 8, 3072, 8192, 128256, 131072) with
        {
            RotaryBase = 500000,
            Tied = true,
            HeadDim = 128,
            RopeScaling = new RopeScaling(RopeScalingKind.Llama3, 32, 1, 4, 8192),
        },
        ["openllama-3b"] = Llama(26, 32, 32, 3200, 8640, 32000, 2048) with { NormEps = 1e-6 },
        ["sheared-llama-1.3b"] = Llama(24, 16, 16, 2048, 5504, 32000, 4096),
        ["sheared-llama-2.7b"] = Llama(32, 20, 20, 2560, 6912, 32000, 4096),
        ["tinyllama-1.1b"] = Llama(22, 32, 4, 2048, 5632, 32000, 2048),
        ["pythia-70m"] = Neox(6, 8, 512),
        ["pythia-160m"] = Neox(12, 12, 768),
        ["pythia-410m"] = Neox(24, 16, 1024),
        ["pythia-1b"] = Neox(16, 8, 2048),
        ["pythia-1.4b"] = Neox(24, 16, 2048),
        ["gpt-neox-20b"] = Neox(44, 64, 6144) with { VocabSize = 50432, RotaryDim = 24 },
        ["opt-125m"] = Opt(12, 12, 768),
        ["opt-350m"] = Opt(24, 16, 1024) with
        {
            EmbedDim = 512,
            NormPosition = NormPosition.Post,
            FinalNorm = false,
        },
        ["opt-1.3b"] = Opt(24, 32, 2048),
        ["opt-2.7b"] = Opt(32, 32, 2560),
        ["opt-6.7b"] = Opt(32, 32, 4096),
        ["mpt-1b"] = Mpt(24, 16, 2048, 2048) with { Family = "mosaic_gpt", QkNorm = true },
        ["mpt-7b"] = Mpt(32, 32, 4096, 2048),
        ["mpt-30b"] = Mpt(48, 64, 7168, 8192),
    };

    /// <summary>The names, in no particular order of importance.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Configs.Keys];

    /// <summary>The configuration of that name.</summary>
    /// <exception cref="ModelException">There is none; the message lists the names.</exception>
    public static DecoderConfig Get(string name) => Configs.TryGetValue(name, out var config)
        ? config
        : throw new ModelException($"Model preset: '{name}': expected one of {string.Join(", ", Names)}.");

    private static DecoderConfig Gpt2(int layers, int heads, int width) => new()
    {
        VocabSize = 50257,
        Hidden = width,
        Layers = layers,
        Heads = heads,
        MaxPositions = 1024,
    };

    private static DecoderConfig Llama(int layers, int heads, int kvHeads, int width, int ffn, int vocab, int positions) => new()
    {
        Family = "llama",
        VocabSize = vocab,
        Hidden = width,
        Layers = layers,
        Heads = heads,
        KvHeads = kvHeads,
        Ffn = ffn,
        MaxPositions = positions,
        Norm = NormKind.RmsNorm,
        NormBias = false,
        Position = PositionKind.Rotary,
        Activation = Activation.Silu,
        GatedMlp = true,
        BiasQkv = false,
        BiasOut = false,
        BiasMlp = false,
        Tied = false,
    };

    /// <summary>Pythia: a quarter of each head rotates.</summary>
    private static DecoderConfig Neox(int layers, int heads, int width) => new()
    {
        Family = "gpt_neox",
        VocabSize = 50304,
        Hidden = width,
        Layers = layers,
        Heads = heads,
        MaxPositions = 2048,
        Residual = ResidualKind.Parallel,
        Position = PositionKind.Rotary,
        RotaryDim = width / heads / 4,
        Activation = Activation.GeluErf,
        Tied = false,
    };

    private static DecoderConfig Opt(int layers, int heads, int width) => new()
    {
        Family = "opt",
        VocabSize = 50272,
        Hidden = width,
        Layers = layers,
        Heads = heads,
        MaxPositions = 2048,
        PositionOffset = 2,
        PadRow = 1,
        Activation = Activation.Relu,
    };

    private static DecoderConfig Mpt(int layers, int heads, int width, int positions) => new()
    {
        Family = "mpt",
        VocabSize = 50432,
        Hidden = width,
        Layers = layers,
        Heads = heads,
        MaxPositions = positions,
        NormBias = false,
        Position = PositionKind.Alibi,
        Activation = Activation.GeluErf,
        BiasQkv = false,
        BiasOut = false,
        BiasMlp = false,
    };
}
