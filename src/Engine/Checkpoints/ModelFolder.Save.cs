using System.Globalization;
using System.Text.Json.Nodes;
using Inheritune.Engine.Checkpoints.Families;
using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints;

public static partial class ModelFolder
{
    /// <summary>
    /// Saves a model so that this engine and the transformers library load it; the same model gives the same
    /// bytes.
    /// </summary>
    /// <param name="model">Model; its weights are read.</param>
    /// <param name="folder">Created if absent; other files in it stay.</param>
    /// <param name="dtype">Element type of the file: "F32", "BF16" or "F16".</param>
    /// <param name="metadata">String pairs for the header of the weight file.</param>
    /// <exception cref="CheckpointException">The family cannot express the model.</exception>
    /// <exception cref="IOException">The folder cannot be written or the disk is full.</exception>
    public static void Save(
        Decoder model, string folder, string dtype = "F32", IReadOnlyDictionary<string, string>? metadata = null) =>
        Save(model, folder, new ModelSaveOptions { DType = dtype, Metadata = metadata });

    /// <summary>
    /// Saves a model so that this engine and the transformers library load it; the same model gives the same
    /// bytes.
    /// </summary>
    /// <inheritdoc cref="Save(Decoder, string, string, IReadOnlyDictionary{string, string}?)" path="/exception"/>
    public static void Save(Decoder model, string folder, ModelSaveOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        SaveTensors(model.Config, folder, () => Tensors(model, options), options);
    }

    /// <summary>Saves a model whose tensors come from anywhere; they are asked for as they are written.</summary>
    /// <inheritdoc cref="Save(Decoder, string, string, IReadOnlyDictionary{string, string}?)" path="/exception"/>
    internal static void SaveTensors(
        DecoderConfig model, string folder, Func<List<SafetensorsTensor>> tensors, ModelSaveOptions options)
    {
        if (options.DType is not ("F32" or "BF16" or "F16"))
        {
            throw new CheckpointException(
                $"Save {folder}: element type: expected F32, BF16 or F16, got {options.DType}.");
        }

        var config = ConfigJson(model, options);
        Directory.CreateDirectory(folder);
        var shards = Split(folder, tensors(), options.ShardBytes);
        var old = WeightFiles.ShardNames(Path.Combine(folder, WeightFiles.IndexName));
        if (shards.Count == 1)
        {
            SafetensorsWriter.Write(Path.Combine(folder, WeightFiles.SingleName), shards[0], options.Metadata);
            Delete(folder, old, WeightFiles.IndexName);
        }
        else
        {
            var names = WriteShards(folder, shards, options.Metadata);
            Delete(folder, old.Except(names, StringComparer.Ordinal), WeightFiles.SingleName);
        }

        WriteJson(Path.Combine(folder, ConfigName), config);
    }

    private static List<SafetensorsTensor> Tensors(Decoder model, ModelSaveOptions options)
    {
        var config = model.Config;
        var result = new List<SafetensorsTensor>();
        foreach (var tensor in ModelFamilies.Get(config.Family, "Export").Tensors(config))
        {
            var plain = CanonicalTensors.ToWrite(model.Weights, tensor, options.DType);
            result.Add(options.ScaleExport == ScaleExport.Query
                ? WithQueryFactor(model, tensor, plain, options.DType)
                : plain);
        }

        return result;
    }

    /// <summary>
    /// Scores q·k / divisor become (f q)·k / rule with f = rule / divisor, so that a reader that knows only
    /// the family's rule computes the same.
    /// </summary>
    private static SafetensorsTensor WithQueryFactor(
        Decoder model, FileTensor tensor, SafetensorsTensor plain, string dtype)
    {
        var config = model.Config;
        var parameter = model.Table[tensor.Parameter];
        if (parameter.Layer < 0 || !tensor.Parameter.Contains(".qkv.", StringComparison.Ordinal))
        {
            return plain;
        }

        var layer = parameter.Layer;
        var factor = (float)(AttentionDivisors.Rule(config, layer) / AttentionDivisors.Of(config, layer));
        var queryRows = Math.Min(tensor.RowCount, (long)config.Heads * config.HS - tensor.FirstRow);
        if (factor == 1 || queryRows <= 0)
        {
            return plain;
        }

        return SafetensorsTensor.FromFloats(plain.Name, dtype, plain.Shape, (first, destination) =>
        {
            // Few and small tensors: reading the whole one again per piece costs nothing that counts.
            var values = CanonicalTensors.ReadInFileOrientation(model.Weights, tensor);
            for (var i = 0; i < destination.Length; i++)
            {
                var row = tensor.IsTransposed
                    ? (first + i) % tensor.RowCount
                    : tensor.CanonicalRow((first + i) / tensor.RowLength);
                destination[i] = values[first + i] * (row < queryRows ? factor : 1);
            }
        });
    }

    /// <summary>Cuts the tensors into files of at most the limit, in model order.</summary>
    private static List<List<SafetensorsTensor>> Split(
        string folder, List<SafetensorsTensor> tensors, long limit)
    {
        var result = new List<List<SafetensorsTensor>> { new() };
        long bytes = 0;
        foreach (var tensor in tensors)
        {
            var size = SafetensorsWriter.SizeBytes(folder, tensor);
            if (bytes > 0 && bytes + size > limit)
            {
                result.Add([]);
                bytes = 0;
            }

            result[^1].Add(tensor);
            bytes += size;
        }

        return result;
    }

    private static List<string> WriteShards(
        string folder, List<List<SafetensorsTensor>> shards, IReadOnlyDictionary<string, string>? metadata)
    {
        var names = new List<string>();
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        long total = 0;
        for (var i = 0; i < shards.Count; i++)
        {
            names.Add(string.Create(CultureInfo.InvariantCulture,
                $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors"));
            SafetensorsWriter.Write(Path.Combine(folder, names[i]), shards[i], metadata);
            foreach (var tensor in shards[i])
            {
                map.Add(tensor.Name, names[i]);
                total += SafetensorsWriter.SizeBytes(folder, tensor);
            }
        }

        var weightMap = new JsonObject();
        foreach (var (tensor, name) in map)
        {
            weightMap[tensor] = name;
        }

        WriteJson(Path.Combine(folder, WeightFiles.IndexName), new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = total },
            ["weight_map"] = weightMap,
        });
        return names;
    }

    /// <summary>
    /// Removes the weight files of an earlier save in another form, which a reader would take or trip over.
    /// </summary>
    private static void Delete(string folder, IEnumerable<string> names, string last)
    {
        File.Delete(Path.Combine(folder, last));
        foreach (var name in names)
        {
            File.Delete(Path.Combine(folder, name));
        }
    }
}
