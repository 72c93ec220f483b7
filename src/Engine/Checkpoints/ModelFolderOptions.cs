using System.Text.Json.Nodes;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints;

/// <summary>How attention scales that differ from the family's rule are stored.</summary>
public enum ScaleExport
{
    /// <summary>
    /// In a key of config.json that only this engine reads, <see cref="ModelFolder.ScaleDivisorsKey"/>. The
    /// weights stay as they are.
    /// </summary>
    Key,

    /// <summary>
    /// By multiplying the query rows of each such block by rule / divisor, so that every reader of the family
    /// computes the same. Exact where the ratio is a power of two.
    /// </summary>
    Query,
}

/// <summary>Options of <see cref="ModelFolder.Load(Kernels.Device, string, ModelLoadOptions?)"/>.</summary>
public sealed record ModelLoadOptions
{
    /// <summary>Tensors that the family does not know are an error; else a warning.</summary>
    public bool Strict { get; init; } = true;

    /// <summary>Element type of the weights on the device: F32, or BF16 to hold a large model in half the memory.</summary>
    public DType DType { get; init; } = DType.F32;

    /// <summary>Receives one line per warning.</summary>
    public Action<string>? Warn { get; init; }
}

/// <summary>Options of <see cref="ModelFolder.Save(Model.Decoder, string, ModelSaveOptions)"/>.</summary>
public sealed record ModelSaveOptions
{
    /// <summary>Element type of the file: "F32", "BF16" or "F16".</summary>
    public string DType { get; init; } = "F32";

    /// <summary>String pairs for the header of the weight file.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>
    /// config.json of the model that was imported: keys that the engine does not use are written back.
    /// </summary>
    public JsonObject? SourceConfig { get; init; }

    /// <summary>
    /// Token that ends a text, for bos_token_id and eos_token_id where the source has none.
    /// </summary>
    public int? EndOfText { get; init; }

    /// <summary>Where attention scales go that the family has no key for.</summary>
    public ScaleExport ScaleExport { get; init; } = ScaleExport.Key;

    /// <summary>
    /// Refuse a model that the class of the transformers library would read without complaint and compute
    /// otherwise; else <see cref="Warn"/> gets a line.
    /// </summary>
    public bool RequireTransformers { get; init; }

    /// <summary>Receives one line per warning.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Most tensor bytes of one file; a larger model is split into shards with an index.</summary>
    public long ShardBytes { get; init; } = 5_000_000_000;

    /// <summary>Options that keep what a model on disk has: element type and keys of config.json.</summary>
    /// <exception cref="CheckpointException">Its files are damaged.</exception>
    public static ModelSaveOptions As(string path) => new()
    {
        DType = ModelFolder.StoredDType(path),
        SourceConfig = ForeignModel.IsAt(path) ? null : ModelFolder.ReadConfigJson(path),
    };
}
