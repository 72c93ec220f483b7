using Inheritune.Engine.Checkpoints.LlmC;
using Inheritune.Engine.Checkpoints.PyTorch;
using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// Models of other programs, which have no config.json: a training folder or <c>ckpt.pt</c> of nanoGPT, and
/// model files of llm.c.
/// </summary>
internal static class ForeignModel
{
    /// <summary>Whether a path is such a model: a file, or a folder with ckpt.pt and no config.json.</summary>
    public static bool IsAt(string path) => FileAt(path) is not null;

    /// <summary>Whether a file begins like one of these models.</summary>
    public static bool IsModelFile(string path)
    {
        using var stream = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return stream.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4
            && (BitConverter.ToInt32(start) is LlmcHeader.Gpt2Magic or LlmcHeader.LlamaMagic || TorchFile.IsTorch(path));
    }

    /// <summary>Its configuration.</summary>
    /// <exception cref="CheckpointException">The file is damaged or of an unknown kind.</exception>
    public static DecoderConfig ReadConfig(string path)
    {
        var file = FileAt(path)!;
        if (TorchFile.IsTorch(file))
        {
            using var torch = TorchFile.Open(file);
            return NanoGptModel.ReadConfig(torch);
        }

        using var model = LlmcModelFile.Open(file);
        return model.Config;
    }

    /// <summary>Opens it.</summary>
    /// <exception cref="CheckpointException">The file is damaged or of an unknown kind.</exception>
    public static ModelSource Open(string path, ModelLoadOptions options)
    {
        var file = FileAt(path)!;
        if (TorchFile.IsTorch(file))
        {
            return NanoGptModel.Open(file, options);
        }

        var model = LlmcModelFile.Open(file);
        var tensors = model.Tensors.Select(pair => (pair.Tensor, (ITensorFile)model, pair.Entry));
        return new ModelSource(model.Config, "llm.c", [.. tensors], model);
    }

    /// <summary>Checks a configuration that did not come from config.json.</summary>
    /// <exception cref="CheckpointException">It cannot be a model.</exception>
    public static DecoderConfig Checked(string path, DecoderConfig config)
    {
        try
        {
            ModelFolder.RequireConsistent(path, config);
            config.Validate();
            return config;
        }
        catch (ModelException exception)
        {
            throw new CheckpointException($"{path}: {exception.Message}", exception);
        }
    }

    private static string? FileAt(string path)
    {
        if (File.Exists(path))
        {
            return path;
        }

        var checkpoint = Path.Combine(path, NanoGptModel.FileName);
        return File.Exists(checkpoint) && !File.Exists(Path.Combine(path, ModelFolder.ConfigName))
            ? checkpoint
            : null;
    }
}
