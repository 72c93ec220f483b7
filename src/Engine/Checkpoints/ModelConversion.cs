namespace Inheritune.Engine.Checkpoints;

/// <summary>Layouts that <see cref="ModelConverter"/> writes.</summary>
public enum ModelLayout
{
    /// <summary>A folder of the transformers library: config.json and safetensors.</summary>
    Transformers,

    /// <summary>A model file of llm.c; GPT-2 only.</summary>
    LlmC,
}

/// <summary>What to convert and how.</summary>
public sealed record ConvertOptions
{
    /// <summary>A model folder, a folder or ckpt.pt of nanoGPT, or a model file of llm.c.</summary>
    public required string Source { get; init; }

    /// <summary>Folder to write; for llm.c a file.</summary>
    public required string Output { get; init; }

    /// <summary>Layout to write.</summary>
    public ModelLayout Layout { get; init; }

    /// <summary>"F32", "BF16" or "F16"; null keeps the type of the source.</summary>
    public string? DType { get; init; }

    /// <summary>Most tensor bytes of one file.</summary>
    public long ShardBytes { get; init; } = 5_000_000_000;

    /// <summary>Receives one line per warning.</summary>
    public Action<string>? Warn { get; init; }
}

/// <summary>How far a conversion has come.</summary>
/// <param name="Stage">"writing" or "checking".</param>
/// <param name="Elements">Elements done in this stage.</param>
/// <param name="TotalElements">Elements of the model.</param>
public sealed record ConvertProgress(string Stage, long Elements, long TotalElements);

/// <summary>What a conversion wrote.</summary>
/// <param name="Family">Model type.</param>
/// <param name="SourceFormat">What was read: "safetensors", "PyTorch", "nanoGPT", "llm.c".</param>
/// <param name="Tensors">Tensors written.</param>
/// <param name="Parameters">Unique parameters.</param>
/// <param name="DType">Element type written.</param>
/// <param name="Bytes">Bytes of the weight files.</param>
/// <param name="Files">Names of all files written.</param>
/// <param name="ComparedElements">Elements read back that equal the source, rounded to the type.</param>
/// <param name="NonFinite">NaNs and infinities among them.</param>
public sealed record ConvertResult(
    string Family, string SourceFormat, int Tensors, long Parameters, string DType, long Bytes,
    IReadOnlyList<string> Files, long ComparedElements, long NonFinite);
