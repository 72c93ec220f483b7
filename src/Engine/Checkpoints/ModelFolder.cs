using Inheritune.Engine.Checkpoints.Families;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// Model folders in the layout of the transformers library: config.json and model.safetensors, or shards with
/// model.safetensors.index.json, or pytorch_model.bin. Everything is checked before memory is allocated, and every file is replaced
/// whole.
/// </summary>
public static partial class ModelFolder
{
    private const int NamesInMessage = 8;

    /// <summary>
    /// Whether a path holds a model: a folder with config.json or nanoGPT's ckpt.pt, or a model file of
    /// nanoGPT or llm.c.
    /// </summary>
    public static bool IsModel(string path) => File.Exists(path)
        ? ForeignModel.IsModelFile(path)
        : File.Exists(Path.Combine(path, ConfigName)) || ForeignModel.IsAt(path);

    /// <summary>Loads a model.</summary>
    /// <param name="device">Where its weights go.</param>
    /// <param name="folder">
    /// Folder with config.json and weights, or a model of another program: a nanoGPT folder or its ckpt.pt,
    /// or a model file of llm.c.
    /// </param>
    /// <param name="options">Strictness and warnings; null for the defaults.</param>
    /// <exception cref="UnknownModelTypeException">The model type has no adapter.</exception>
    /// <exception cref="CheckpointException">
    /// A file is missing or damaged; tensors are missing, left over, or of another shape or type; the text
    /// lists them.
    /// </exception>
    public static Decoder Load(Device device, string folder, ModelLoadOptions? options = null)
    {
        options ??= new ModelLoadOptions();
        using var source = ModelSource.Open(folder, options);
        var decoder = new Decoder(device, source.Config, options.DType);
        try
        {
            foreach (var (tensor, file, entry) in source.Tensors)
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

    /// <summary>Finds every tensor of the model among those of the files, and checks what is left.</summary>
    /// <param name="folder">Start of the messages.</param>
    /// <param name="config">The model.</param>
    /// <param name="tensors">Its tensors, with base prefix, in the orientation of these files.</param>
    /// <param name="files">What there is.</param>
    /// <param name="options">Strictness and warnings.</param>
    internal static List<(FileTensor Tensor, ITensorFile File, SafetensorsEntry Entry)> Match(
        string folder, DecoderConfig config, IEnumerable<FileTensor> tensors, WeightFiles files,
        ModelLoadOptions options)
    {
        var family = ModelFamilies.Get(config.Family, folder);
        var isPrefixed = UsesPrefix(folder, family, files);
        var rest = new HashSet<string>(files.Tensors.Keys, StringComparer.Ordinal);
        var matches = new List<(FileTensor, ITensorFile, SafetensorsEntry)>();
        var missing = new List<string>();
        foreach (var tensor in tensors)
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
            found.File.RequireStored(found.Entry);
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
        if (ReferenceEquals(head.File, table.File) && head.File.AreSame(head.Entry, table.Entry))
        {
            return;
        }

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
