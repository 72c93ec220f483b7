using Inheritune.Engine.Checkpoints.Families;
using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// A model on disk, opened and checked: its configuration, and where each of its tensors lies. Nothing of
/// the weights is in memory.
/// </summary>
internal sealed class ModelSource : IDisposable
{
    private readonly IDisposable _files;

    /// <summary>A model whose tensors have been found.</summary>
    public ModelSource(
        DecoderConfig config, string format,
        IReadOnlyList<(FileTensor Tensor, ITensorFile File, SafetensorsEntry Entry)> tensors, IDisposable files)
    {
        Config = config;
        Format = format;
        Tensors = tensors;
        _files = files;
    }

    /// <summary>The model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Name of the format, for people.</summary>
    public string Format { get; }

    /// <summary>Every tensor of the model, with its place in a file.</summary>
    public IReadOnlyList<(FileTensor Tensor, ITensorFile File, SafetensorsEntry Entry)> Tensors { get; }

    /// <summary>Types of the weights, the one of most elements first; f64 counts as f32.</summary>
    public IReadOnlyList<string> StoredTypes =>
    [
        .. Tensors.GroupBy(match => match.Entry.DType is "F64" ? "F32" : match.Entry.DType)
            .OrderByDescending(group => group.Sum(match => match.Tensor.Shape.Count))
            .ThenBy(group => group.Key, StringComparer.Ordinal).Select(group => group.Key),
    ];

    /// <summary>Opens a model folder, or the model of another program.</summary>
    /// <exception cref="CheckpointException">
    /// A file is missing or damaged, or the tensors are not those of the model.
    /// </exception>
    public static ModelSource Open(string path, ModelLoadOptions options)
    {
        if (ForeignModel.IsAt(path))
        {
            return ForeignModel.Open(path, options);
        }

        var config = ModelFolder.ReadConfig(path);
        var files = WeightFiles.Open(path, options.Warn);
        try
        {
            var tensors = ModelFamilies.Get(config.Family, path).Tensors(config);
            var matches = ModelFolder.Match(path, config, tensors, files, options);
            var isTorch = matches.Any(match => match.File is PyTorch.TorchFile);
            return new ModelSource(config, isTorch ? "PyTorch" : "safetensors", matches, files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();
}
