using System.Globalization;

namespace Inheritune.Engine.Checkpoints.PyTorch;

/// <summary>The closed list of names that a PyTorch file may use, and what they mean.</summary>
/// <param name="path">Start of the messages.</param>
/// <param name="isStream">The stream form, whose references to storages have a sixth item.</param>
internal sealed class TorchObjects(string path, bool isStream)
{
    private const int RankLimit = 8;
    private const string Dictionary = "collections OrderedDict";
    private const string Tensor = "torch._utils _rebuild_tensor_v2";
    private const string Parameter = "torch._utils _rebuild_parameter";

    private static readonly (string Name, string DType)[] StorageTypes =
    [
        ("torch DoubleStorage", "F64"), ("torch FloatStorage", "F32"), ("torch HalfStorage", "F16"),
        ("torch BFloat16Storage", "BF16"), ("torch LongStorage", "I64"), ("torch IntStorage", "I32"),
        ("torch ShortStorage", "I16"), ("torch CharStorage", "I8"), ("torch ByteStorage", "U8"),
        ("torch BoolStorage", "BOOL"),
    ];

    private readonly Dictionary<string, TorchStorage> _storages = new(StringComparer.Ordinal);

    /// <summary>The storages met, by key; each once, however many tensors share it.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => _storages;

    /// <summary>A name of the list.</summary>
    /// <exception cref="CheckpointException">Another name.</exception>
    public PickleGlobal Find(string name)
    {
        var isKnown = name is Dictionary or Tensor or Parameter
            || Array.Exists(StorageTypes, type => type.Name == name);
        return isKnown ? new PickleGlobal(name) : throw new CheckpointException(
            $"{path}: pickle: '{name}' is not one of the names that tensors are stored with. For safety "
            + "nothing else is read; save the model as safetensors.");
    }

    /// <summary>What a call gives.</summary>
    public object Call(PickleGlobal? function, object?[]? arguments) => (function?.Name, arguments) switch
    {
        (Dictionary, []) => new PickleDictionary(),
        (Dictionary, [List<object?> pairs]) => FromPairs(pairs),
        (Tensor, [TorchStorage storage, long offset, object?[] size, object?[] stride, _, _]) =>
            View(storage, offset, size, stride),
        (Parameter, [TorchTensor tensor, _, _]) => tensor,
        _ => throw Bad($"'{function?.Name ?? "a value"}' is called with arguments it does not take"),
    };

    /// <summary>The storage that a reference names.</summary>
    public TorchStorage Persistent(object?[]? id)
    {
        if (id is not ["storage", PickleGlobal type, string key, string, long count, ..]
            || id.Length != (isStream ? 6 : 5) || id[^1] is not (long or null) || (isStream && id[5] is not null)
            || Array.Find(StorageTypes, known => known.Name == type.Name).DType is not { } dtype
            || count < 0 || count > long.MaxValue / 8)
        {
            throw Bad("a reference is not one to a storage of known type");
        }

        var storage = new TorchStorage(key, dtype, count);
        if (!_storages.TryAdd(key, storage))
        {
            var known = _storages[key];
            return known.DType == dtype && known.Count == count
                ? known
                : throw Bad(
                    $"storage '{key}' is {known.Count} elements of {known.DType} in one place and {count} of "
                    + $"{dtype} in another");
        }

        return storage;
    }

    private PickleDictionary FromPairs(List<object?> pairs)
    {
        var result = new PickleDictionary();
        foreach (var pair in pairs)
        {
            result.Items.Add(pair switch
            {
                object?[] and [var key, var value] => (key, value),
                List<object?> and [var key, var value] => (key, value),
                _ => throw Bad("a dictionary is made of something other than pairs"),
            });
        }

        return result;
    }

    private TorchTensor View(TorchStorage storage, long offset, object?[] size, object?[] stride)
    {
        if (size.Length != stride.Length || size.Length > RankLimit || offset < 0)
        {
            throw Bad(
                $"a tensor of {size.Length} dimensions with {stride.Length} strides at {offset}: expected as "
                + $"many strides, at most {RankLimit}, at 0 or later");
        }

        Int128 last = offset, count = 1;
        long[] shape = new long[size.Length], steps = new long[size.Length];
        var isEmpty = false;
        for (var i = 0; i < size.Length; i++)
        {
            if (size[i] is not long n || stride[i] is not long step || n < 0 || step < 0)
            {
                throw Bad("a size or stride is not a whole number from 0 on");
            }

            (shape[i], steps[i]) = (n, step);
            last += ((Int128)n - 1) * step;
            count *= n;
            isEmpty |= n == 0;
            if (count > long.MaxValue / 8 || last > long.MaxValue)
            {
                throw Bad($"a tensor of {Sizes(size)} elements does not fit into 64-bit sizes");
            }
        }

        if (isEmpty ? offset > storage.Count : last >= storage.Count)
        {
            throw Bad(
                $"a tensor ({Sizes(size)}) reaches element {last} of storage '{storage.Key}', which has "
                + $"{storage.Count}. The file is damaged");
        }

        return new TorchTensor(storage, offset, shape, steps);
    }

    private static string Sizes(object?[] size) =>
        string.Join(", ", size.Select(n => Convert.ToString(n, CultureInfo.InvariantCulture)));

    private CheckpointException Bad(string what) => new($"{path}: pickle: {what}.");
}
