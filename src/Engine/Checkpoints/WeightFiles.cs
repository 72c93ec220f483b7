using System.Text.Json;
using Inheritune.Engine.Checkpoints.PyTorch;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// The weight files of a model folder as one set of named tensors: one file, or shards with an index, in
/// safetensors or PyTorch's own form.
/// </summary>
internal sealed class WeightFiles : IDisposable
{
    public const string SingleName = "model.safetensors";
    public const string IndexName = "model.safetensors.index.json";
    private const string TorchName = "pytorch_model.bin", TorchIndexName = "pytorch_model.bin.index.json";
    private const long MaxIndexBytes = 256L << 20;

    private readonly List<ITensorFile> _files = [];
    private readonly Dictionary<string, (ITensorFile File, SafetensorsEntry Entry)> _tensors =
        new(StringComparer.Ordinal);

    private WeightFiles()
    {
    }

    /// <summary>Tensors by name.</summary>
    public IReadOnlyDictionary<string, (ITensorFile File, SafetensorsEntry Entry)> Tensors => _tensors;

    /// <summary>
    /// Opens the weights of a folder: safetensors before PyTorch, one file before an index.
    /// </summary>
    /// <exception cref="CheckpointException">There are none, or a check fails.</exception>
    public static WeightFiles Open(string folder, Action<string>? warn)
    {
        string[] names = [SingleName, IndexName, TorchName, TorchIndexName];
        var name = names.FirstOrDefault(name => File.Exists(Path.Combine(folder, name)))
            ?? throw new CheckpointException(
                $"{folder}: expected weights in {string.Join(", ", names[..^1])} or {names[^1]}, found none "
                + "of them. Give the folder of a model.");
        return OpenFile(Path.Combine(folder, name), warn);
    }

    /// <summary>Opens one weight file, or the shards of an index.</summary>
    /// <exception cref="CheckpointException">A check fails.</exception>
    public static WeightFiles OpenFile(string path, Action<string>? warn)
    {
        var result = new WeightFiles();
        try
        {
            if (path.EndsWith(".json", StringComparison.Ordinal))
            {
                result.AddShards(Path.GetDirectoryName(path)!, path, warn);
            }
            else
            {
                result.AddSingle(path);
            }

            result.DropWrapperPrefixes();
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>The shard names of an index; empty where it cannot be read.</summary>
    public static IReadOnlyCollection<string> ShardNames(string index)
    {
        try
        {
            return [.. ReadMap(index, out _).Values.Distinct(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is CheckpointException or IOException)
        {
            return [];
        }
    }

    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static ITensorFile OpenTensors(string path) =>
        TorchFile.IsTorch(path) ? TorchFile.Open(path) : SafetensorsFile.Open(path);

    private void AddSingle(string path)
    {
        var file = OpenTensors(path);
        _files.Add(file);
        foreach (var entry in file.Entries)
        {
            _tensors.Add(entry.Name, (file, entry));
        }
    }

    private void AddShards(string folder, string index, Action<string>? warn)
    {
        var map = ReadMap(index, out var totalSize);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        long bytes = 0;
        foreach (var name in map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                throw new CheckpointException($"{index}: shard {name} is missing. Download it again.");
            }

            var file = OpenTensors(path);
            _files.Add(file);
            foreach (var entry in file.Entries)
            {
                if (!seen.TryAdd(entry.Name, name))
                {
                    throw new CheckpointException(
                        $"{index}: tensor '{entry.Name}' is in two shards: {seen[entry.Name]} and {name}.");
                }

                if (!map.ContainsKey(entry.Name))
                {
                    warn?.Invoke($"{path}: tensor '{entry.Name}' is not in the index; it is ignored.");
                    continue;
                }

                bytes += entry.SizeBytes;
                _tensors.Add(entry.Name, (file, entry));
            }
        }

        foreach (var (tensor, shard) in map)
        {
            if (!seen.TryGetValue(tensor, out var found) || found != shard)
            {
                throw new CheckpointException(
                    $"{index}: tensor '{tensor}' is not in {shard}, where the index puts it.");
            }
        }

        if (totalSize is not null && totalSize != bytes)
        {
            warn?.Invoke($"{index}: total_size says {totalSize} bytes, the tensors have {bytes}.");
        }
    }

    private static Dictionary<string, string> ReadMap(string index, out long? totalSize)
    {
        using var document = CheckpointJson.Read(index, MaxIndexBytes);
        try
        {
            return ReadMap(index, document.RootElement, out totalSize);
        }
        catch (InvalidOperationException exception)
        {
            // A string with half a surrogate pair.
            throw new CheckpointException($"{index}: not valid JSON: {exception.Message}", exception);
        }
    }

    private static Dictionary<string, string> ReadMap(string index, JsonElement root, out long? totalSize)
    {
        totalSize = root.TryGetProperty("metadata", out var metadata)
            && metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("total_size", out var size)
            && size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var value) ? value : null;
        if (!root.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(
                $"{index}: weight_map: expected an object that maps tensors to files.");
        }

        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in map.EnumerateObject())
        {
            var name = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : "";
            if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny("/\\:\0") || Path.IsPathRooted(name))
            {
                throw new CheckpointException(
                    $"{index}: weight_map: '{property.Name}': expected the plain name of a file in this "
                    + $"folder, got '{name}'.");
            }

            result.Add(property.Name, name);
        }

        return result;
    }

    /// <summary>Training wrappers put one word in front of every name.</summary>
    private void DropWrapperPrefixes()
    {
        foreach (var wrapper in (string[])["module.", "_orig_mod."])
        {
            if (_tensors.Count > 0 && _tensors.Keys.All(name => name.StartsWith(wrapper, StringComparison.Ordinal)))
            {
                foreach (var (name, value) in _tensors.ToArray())
                {
                    _tensors.Remove(name);
                    _tensors.Add(name[wrapper.Length..], value);
                }
            }
        }
    }
}
