using Inheritune.Engine.Checkpoints.Families;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints.PyTorch;

/// <summary>
/// A checkpoint of nanoGPT: GPT-2 with exact GELU whose matrices are (out, in). A model without biases is
/// one whose biases are 0.
/// </summary>
internal static class NanoGptModel
{
    /// <summary>Name in a training folder.</summary>
    public const string FileName = "ckpt.pt";

    private const string Arguments = "model_args";
    private const int PaddedVocabulary = 50304;

    /// <summary>The configuration in a checkpoint.</summary>
    /// <exception cref="CheckpointException">It has none, or a value is wrong.</exception>
    public static DecoderConfig ReadConfig(TorchFile file)
    {
        if (!file.Root.TryGet(Arguments, out var value) || value is not PickleDictionary arguments)
        {
            throw new CheckpointException(
                $"{file.Path}: {Arguments}: expected a checkpoint of nanoGPT, got other tensors. Put them beside "
                + "the config.json of their model and give the folder.");
        }

        return ForeignModel.Checked(file.Path, new DecoderConfig
        {
            Family = "gpt2",
            VocabSize = Size(file, arguments, "vocab_size", PaddedVocabulary),
            MaxPositions = Size(file, arguments, "block_size", null),
            Hidden = Size(file, arguments, "n_embd", null),
            Layers = Size(file, arguments, "n_layer", null),
            Heads = Size(file, arguments, "n_head", null),
            Activation = Activation.GeluErf,
        });
    }

    /// <summary>Opens a checkpoint.</summary>
    public static ModelSource Open(string path, ModelLoadOptions options)
    {
        var files = WeightFiles.OpenFile(path, options.Warn);
        try
        {
            DecoderConfig config;
            bool hasBiases;
            using (var file = TorchFile.Open(path))
            {
                config = ReadConfig(file);
                hasBiases = !file.Root.TryGet(Arguments, out var arguments)
                    || !((PickleDictionary)arguments!).TryGet("bias", out var bias) || bias is not false;
            }

            var tensors = ModelFamilies.Get(config.Family, path).Tensors(config).Where(tensor =>
                hasBiases || !tensor.Name.EndsWith(".bias", StringComparison.Ordinal)).Select(Untransposed);
            var matches = ModelFolder.Match(path, config, tensors, files, options);
            return new ModelSource(config, "nanoGPT", matches, files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    private static FileTensor Untransposed(FileTensor tensor) => tensor.IsTransposed
        ? tensor with { Shape = new Shape(tensor.Shape[1], tensor.Shape[0]), IsTransposed = false }
        : tensor;

    private static int Size(TorchFile file, PickleDictionary arguments, string key, int? fallback)
    {
        arguments.TryGet(key, out var value);
        return value switch
        {
            long and >= 1 and <= int.MaxValue => (int)(long)value,
            null when fallback is not null => fallback.Value,
            _ => throw new CheckpointException(
                $"{file.Path}: {Arguments}: {key}: expected a whole number from 1 to {int.MaxValue}, got "
                + $"{value ?? "nothing"}."),
        };
    }
}
