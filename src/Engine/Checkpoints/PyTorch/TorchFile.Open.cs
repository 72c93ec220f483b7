using System.Numerics;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Checkpoints.PyTorch;

internal sealed partial class TorchFile
{
    private const int TensorLimit = 1_000_000, NameLimit = 1024;
    private const long StreamVersion = 1001;

    /// <summary>First pickle of the stream form.</summary>
    private static readonly BigInteger StreamMagic = BigInteger.Parse(
        "119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    private object? ReadZip()
    {
        var zip = ZipDirectory.Read(Path, _handle);
        const string Pickle = "/data.pkl";
        var names = zip.Names.Where(name => name.EndsWith(Pickle, StringComparison.Ordinal)).ToList();
        if (names is not [var pickle])
        {
            throw new CheckpointException(
                $"{Path}: expected a PyTorch file with one data.pkl, got a zip archive with {names.Count}.");
        }

        var folder = pickle[..^Pickle.Length];
        if (zip.Names.Contains(folder + "/byteorder"))
        {
            var order = zip.Locate(folder + "/byteorder");
            if (!Read(order.Position, (int)Math.Min(order.Size, 16)).AsSpan().SequenceEqual("little"u8))
            {
                throw new CheckpointException(
                    $"{Path}: byteorder: expected little, got another. Save it on a little-endian machine.");
            }
        }

        var (position, size, crc) = zip.Locate(pickle);
        if (size > PickleLimit || Crc32.Of(Read(position, (int)size)) != crc)
        {
            throw new CheckpointException(
                $"{Path}: {pickle}: expected at most {PickleLimit} bytes with the checksum of the directory, "
                + $"got {size} bytes or another checksum. The file is damaged; get it again.");
        }

        var objects = new TorchObjects(Path, isStream: false);
        var bytes = new FileBytes(Path, _handle, position, position + size);
        var root = new PickleReader(bytes, objects).Read();
        foreach (var storage in objects.Storages.Values)
        {
            var (start, length, _) = zip.Locate($"{folder}/data/{storage.Key}");
            RequireSize(storage, length);
            storage.Position = start;
        }

        return root;
    }

    private object? ReadStream()
    {
        var objects = new TorchObjects(Path, isStream: true);
        var bytes = new FileBytes(Path, _handle, 0, _length);
        var pickle = new PickleReader(bytes, objects);
        if (pickle.Read() is not BigInteger magic || magic != StreamMagic)
        {
            throw new CheckpointException($"{Path}: expected a PyTorch file, got another pickle.");
        }

        if (pickle.Read() is not StreamVersion)
        {
            throw new CheckpointException($"{Path}: expected PyTorch's stream version {StreamVersion}, got another.");
        }

        if (pickle.Read() is not PickleDictionary facts
            || !facts.TryGet("protocol_version", out var version) || version is not StreamVersion
            || !facts.TryGet("little_endian", out var isLittle) || isLittle is not true)
        {
            throw new CheckpointException(
                $"{Path}: expected protocol {StreamVersion} and little-endian numbers, got another file.");
        }

        var root = pickle.Read();
        if (pickle.Read() is not List<object?> keys)
        {
            throw new CheckpointException($"{Path}: expected a list of storages, got something else.");
        }

        LocateStreamStorages(objects, keys, bytes.Position);
        return root;
    }

    private void LocateStreamStorages(TorchObjects objects, List<object?> keys, long position)
    {
        foreach (var item in keys)
        {
            if (item is not string key || !objects.Storages.TryGetValue(key, out var storage)
                || storage.Position >= 0)
            {
                throw new CheckpointException(
                    $"{Path}: storage '{item as string}': expected one that a tensor uses, listed once.");
            }

            if (position > _length - sizeof(long))
            {
                throw new CheckpointException(
                    $"{Path}: storage '{key}': the file ends before it. It is cut off; get it again.");
            }

            var count = BitConverter.ToInt64(Read(position, sizeof(long)));
            position += sizeof(long);
            if (count < 0 || count > (_length - position) / storage.ElementBytes)
            {
                throw new CheckpointException(
                    $"{Path}: storage '{key}': {count} elements at byte {position} reach beyond the file. It is "
                    + "cut off; get it again.");
            }

            RequireSize(storage, count * storage.ElementBytes);
            storage.Position = position;
            position += count * storage.ElementBytes;
        }

        if (objects.Storages.Values.FirstOrDefault(storage => storage.Position < 0) is { } missing)
        {
            throw new CheckpointException($"{Path}: storage '{missing.Key}': expected its data, found none.");
        }
    }

    private void RequireSize(TorchStorage storage, long bytes)
    {
        if (storage.Count > _length || storage.Count * storage.ElementBytes != bytes)
        {
            throw new CheckpointException(
                $"{Path}: storage '{storage.Key}': expected {storage.Count} elements of {storage.DType}, got "
                + $"{bytes} bytes. The file is damaged.");
        }
    }

    /// <summary>The dictionary itself, or the one below a key of training checkpoints.</summary>
    private PickleDictionary FindTensors()
    {
        foreach (var key in (string[])["model", "state_dict", "module"])
        {
            if (Root.TryGet(key, out var value) && value is PickleDictionary inner)
            {
                return inner;
            }
        }

        return Root;
    }

    private void Collect(PickleDictionary tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in tensors.Items)
        {
            if (value is not TorchTensor tensor)
            {
                continue;
            }

            if (key is not string name || name.Length > NameLimit || !names.Add(name) || names.Count > TensorLimit)
            {
                throw new CheckpointException(
                    $"{Path}: tensor '{key as string ?? "of another key"}': expected at most {TensorLimit} tensors "
                    + $"with names of at most {NameLimit} characters, each once.");
            }

            var bytes = tensor.Count * tensor.Storage.ElementBytes;
            var entry = new SafetensorsEntry(name, tensor.Storage.DType, tensor.Shape, 0, bytes);
            _entries.Add(entry);
            _tensors.Add(entry, tensor);
        }

        if (_entries.Count == 0)
        {
            throw new CheckpointException(
                $"{Path}: expected a dictionary of tensors, found no tensor in it. A whole pickled model is "
                + "not read; save its state_dict.");
        }
    }

    private byte[] Read(long position, int count)
    {
        var result = new byte[count];
        FileBytes.ReadExactly(Path, _handle, result, position);
        return result;
    }
}
