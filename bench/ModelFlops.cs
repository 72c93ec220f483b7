using Inheritune.Engine.Model;

namespace Inheritune.Bench;

/// <summary>Work of a training step as the field counts it.</summary>
internal static class ModelFlops
{
    /// <summary>
    /// 6 N + 6 L C T per token, forward and backward: N all parameters with the padded vocabulary, causal attention counted
    /// once (llm.c's formula; nanoGPT and PaLM count it twice).
    /// </summary>
    public static double PerToken(DecoderConfig config, int sequenceLength)
    {
        var table = ParameterTable.For(config);
        var padding = (double)(config.PaddedVocabulary - config.VocabSize) * config.E * (config.Tied ? 1 : 2);
        return 6 * (table.ElementCount + padding) + 6.0 * config.Layers * config.Hidden * sequenceLength;
    }
}
