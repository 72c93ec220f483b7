using Inheritune.Engine.Checkpoints.Families;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// Model folders in the layout of the transformers library: config.json and model.safetensors, or shards with
/// model.safetensors.index.json. Everything is checked before memory is allocated, and every file is replaced
/// whole.
/// </summary>
public static partial class ModelFolder
{
    private const int NamesInMessage = 8;

    /// <summary>Loads a model.</summary>
    /// <param name="device">Where its weights go.</param>
    /// <param name="folder">Folder with config.json and weights.</param>
    /// <param name="options">Strictness and warnings; null for the defaults.</param>
    /// <exception cref="UnknownModelTypeException">The model type has no adapter.</exception>
    /// <exception cref="CheckpointException">
    /// A file is missing or damaged; tensors are missing, left over, or of another shape or type; the text
    /// lists them.
    /// </exception>
    public static Decoder Load(Device device, string folder, ModelLoadOptions? options = null)
    {
        options ??= new ModelLoadOptions();
        var config = ReadConfig(folder);
        using var files = WeightFiles.Open(folder, options.Warn);
        var matches = Match(folder, config, files, options);
        var decoder = new Decoder(device, config, options.DType);
        try
        {
            foreach (var (tensor, file, entry) in matches)
            {
                CanonicalTensors.Load(decoder.Weights, tensor, file, entry);
            }

            return decoder;
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    private static List<(FileTensor Tensor, SafetensorsFile File, SafetensorsEntry Entry)> Match(
        string folder, DecoderConfig config, WeightFiles files, ModelLoadOptions options)
    {
        var family = ModelFamilies.Get(config.Family, folder);
        var isPrefixed = UsesPrefix(folder, family, files);
        var rest = new HashSet<string>(files.Tensors.Keys, StringComparer.Ordinal);
        var matches = new List<(FileTensor, SafetensorsFile, SafetensorsEntry)>();
        var missing = new List<string>();
        foreach (var tensor in family.Tensors(config))
        {
            var name = !isPrefixed && tensor.Name.StartsWith(family.Prefix, StringComparison.Ordinal)
                ? tensor.Name[family.Prefix.Length..]
                : tensor.Name;
            if (!files.Tensors.TryGetValue(name, out var found))
            {
                var alias = family.Alias(name);
                if (!files.Tensors.TryGetValue(alias, out found))
                {
                    missing.Add(name);
                    continue;
                }

                name = alias;
            }

            rest.Remove(name);
            RequireShape(folder, tensor, found.Entry);
            matches.Add((tensor, found.File, found.Entry));
        }

        if (missing.Count > 0)
        {
            throw new CheckpointException(
                $"{folder}: {missing.Count} tensors are missing: {Names(missing)}. The weights do not belong "
                + "to this config.json.");
        }

        if (config.Tied && rest.Remove(family.Head))
        {
            RequireTiedHead(folder, family, files, isPrefixed);
        }

        rest.RemoveWhere(name => family.IsIgnored(
            isPrefixed && name.StartsWith(family.Prefix, StringComparison.Ordinal) ? name[family.Prefix.Length..] : name));
        if (rest.Count > 0)
        {
            var text =
                $"{folder}: {rest.Count} tensors do not belong to a {config.Family} model of this "
                + $"config.json: {Names(rest)}.";
            if (options.Strict)
            {
                throw new CheckpointException(text);
            }

            options.Warn?.Invoke(text + " They are ignored.");
        }

        return matches;
    }

    /// <summary>Decided once per checkpoint, by the token table.</summary>
    private static bool UsesPrefix(string folder, ModelFamily family, WeightFiles files)
    {
        var isPrefixed = files.Tensors.ContainsKey(family.Prefix + family.TokenTable);
        var isPlain = files.Tensors.ContainsKey(family.TokenTable);
        if (isPrefixed == isPlain)
        {
            throw new CheckpointException(
                $"{folder}: token table: expected either '{family.Prefix}{family.TokenTable}' or "
                + $"'{family.TokenTable}', found "
                + $"{(isPlain ? "both" : "neither")}. The weights are not those of a {family.ModelType} "
                + "model.");
        }

        return isPrefixed;
    }

    private static void RequireShape(string folder, FileTensor tensor, SafetensorsEntry entry)
    {
        var isSame = entry.Shape.Count == tensor.Shape.Rank;
        for (var i = 0; isSame && i < tensor.Shape.Rank; i++)
        {
            isSame = entry.Shape[i] == tensor.Shape[i];
        }

        if (!isSame)
        {
            throw new CheckpointException(
                $"{folder}: tensor '{entry.Name}': expected {tensor.Shape} as config.json says, got "
                + $"{entry.ShapeText}.");
        }

        if (!SafetensorsTypes.IsFloat(entry.DType))
        {
            throw new CheckpointException(
                $"{folder}: tensor '{entry.Name}': expected F64, F32, F16 or BF16 values, got "
                + $"{entry.DType}.");
        }
    }

    private static void RequireTiedHead(string folder, ModelFamily family, WeightFiles files, bool isPrefixed)
    {
        const int ChunkElements = 1 << 16;
        var table = files.Tensors[(isPrefixed ? family.Prefix : "") + family.TokenTable];
        var head = files.Tensors[family.Head];
        var isSame = head.Entry.Shape.SequenceEqual(table.Entry.Shape) && SafetensorsTypes.IsFloat(head.Entry.DType);
        float[] left = new float[ChunkElements], right = new float[ChunkElements];
        var count = table.Entry.ElementCount;
        for (long first = 0; isSame && first < count; first += ChunkElements)
        {
            var length = (int)Math.Min(ChunkElements, count - first);
            table.File.ReadFloats(table.Entry, first, left.AsSpan(0, length));
            head.File.ReadFloats(head.Entry, first, right.AsSpan(0, length));
            isSame = left.AsSpan(0, length).SequenceEqual(right.AsSpan(0, length));
        }

        if (!isSame)
        {
            throw new CheckpointException(
                $"{folder}: '{family.Head}' differs from the token table, but config.json says that they are "
                + "tied. "
                + "Set tie_word_embeddings to false to use both.");
        }
    }

    private static string Names(IEnumerable<string> names)
    {
        var sorted = names.Order(StringComparer.Ordinal).ToArray();
        return string.Join(", ", sorted.Take(NamesInMessage))
            + (sorted.Length > NamesInMessage ? $" and {sorted.Length - NamesInMessage} more" : "");
    }
}
