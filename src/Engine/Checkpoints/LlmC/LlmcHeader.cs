namespace Inheritune.Engine.Checkpoints.LlmC;

/// <summary>Headers of llm.c's files: 256 little-endian int32.</summary>
internal static class LlmcHeader
{
    /// <summary>Size of a header.</summary>
    public const int Bytes = 1024;

    /// <summary>A GPT-2 model.</summary>
    public const int Gpt2Magic = 20240326;

    /// <summary>A Llama 3 model.</summary>
    public const int LlamaMagic = 20240803;

    /// <summary>Inputs, logits and gradients of one step.</summary>
    public const int DebugMagic = 20240327;

    /// <summary>The vocabulary is padded to a multiple of this.</summary>
    public const int VocabularyMultiple = 128;

    /// <summary>Version of a model file by its element type.</summary>
    public static int Version(string dtype) => dtype == "BF16" ? 5 : 3;

    /// <summary>Rows of the token table with its padding.</summary>
    public static int Padded(int vocabSize) =>
        checked((vocabSize + VocabularyMultiple - 1) / VocabularyMultiple * VocabularyMultiple);
}
