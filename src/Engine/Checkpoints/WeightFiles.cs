using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// The weight files of a model folder as one set of named tensors: one file, or shards with an index.
/// </summary>
internal sealed class WeightFiles : IDisposable
{
    public const string SingleName = "model.safetensors";
    public const string IndexName = "model.safetensors.index.json";
    private const long MaxIndexBytes = 256L << 20;

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, (
        SafetensorsFile File, SafetensorsEntry Entry)> _tensors = new(StringComparer.Ordinal);

    private WeightFiles()
    {
    }

    /// <summary>Tensors by name.</summary>
    public IReadOnlyDictionary<string, (SafetensorsFile File, SafetensorsEntry Entry)> Tensors => _tensors;

    /// <summary>Opens the weights of a folder: one file before an index.</summary>
    /// <exception cref="CheckpointException">There are none, or a check fails.</exception>
    public static WeightFiles Open(string folder, Action<string>? warn)
    {
        var result = new WeightFiles();
        try
        {
            string single = Path.Combine(folder, SingleName), index = Path.Combine(folder, IndexName);
            if (File.Exists(single))
            {
                result.AddSingle(single);
            }
            else if (File.Exists(index))
            {
                result.AddShards(folder, index, warn);
            }
            else
            {
                throw Nothing(folder);
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

    private static CheckpointException Nothing(string folder)
    {
        var torch = ((string[])["pytorch_model.bin", "pytorch_model.bin.index.json"])
            .FirstOrDefault(name => File.Exists(Path.Combine(folder, name)));
        return new CheckpointException(torch is null
            ? $"{folder}: expected {SingleName} or {IndexName}, found neither. Give the folder of a model."
            : $"{folder}: weights in {torch} cannot be read: PyTorch files are not supported yet. Save the "
            + "model as safetensors.");
    }

    private void AddSingle(string path)
    {
        var file = SafetensorsFile.Open(path);
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

            var file = SafetensorsFile.Open(path);
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
        using var document = JsonFile.Read(index, MaxIndexBytes);
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
