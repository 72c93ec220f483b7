using System.Buffers;
using System.Runtime.InteropServices;
using Inheritune.Engine.Checkpoints.PyTorch;
using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Microsoft.Win32.SafeHandles;

namespace Inheritune.Engine.Checkpoints.LlmC;

/// <summary>
/// An open model file of llm.c: GPT-2 in version 3 (f32) or 5 (bf16), or Llama 3. Opening checks the header
/// and the size; values are read on demand.
/// </summary>
internal sealed partial class LlmcModelFile : ITensorFile
{
    private const int ChunkBytes = 1 << 20;

    private readonly SafeFileHandle _handle;
    private readonly string _dtype;
    private readonly List<(FileTensor Tensor, SafetensorsEntry Entry)> _tensors = [];
    private readonly HashSet<SafetensorsEntry> _interleaved = new(ReferenceEqualityComparer.Instance);

    private LlmcModelFile(string path, SafeFileHandle handle, string dtype, DecoderConfig config)
    {
        Path = path;
        _handle = handle;
        _dtype = dtype;
        Config = config;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>The model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Every tensor of the model; ranges count from the end of the header.</summary>
    public IReadOnlyList<(FileTensor Tensor, SafetensorsEntry Entry)> Tensors => _tensors;

    /// <inheritdoc/>
    public IReadOnlyList<SafetensorsEntry> Entries => [.. _tensors.Select(pair => pair.Entry)];

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="CheckpointException">It is of another kind, or its size does not fit its header.</exception>
    public static LlmcModelFile Open(string path)
    {
        var handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            var length = RandomAccess.GetLength(handle);
            if (length < LlmcHeader.Bytes)
            {
                throw new CheckpointException(
                    $"{path}: expected a model file of llm.c or PyTorch, got {length} bytes. It is cut off or "
                    + "of another kind.");
            }

            var header = new int[LlmcHeader.Bytes / sizeof(int)];
            FileBytes.ReadExactly(path, handle, MemoryMarshal.AsBytes(header.AsSpan()), 0);
            return header[0] switch
            {
                LlmcHeader.Gpt2Magic => OpenGpt2(path, handle, header, length),
                LlmcHeader.LlamaMagic => OpenLlama(path, handle, header, length),
                _ => throw new CheckpointException(
                    $"{path}: magic: expected {LlmcHeader.Gpt2Magic} or {LlmcHeader.LlamaMagic} (a model of "
                    + $"llm.c) or a PyTorch file, got {header[0]}. Give a model folder, a nanoGPT ckpt.pt or an "
                    + "llm.c model."),
            };
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void ReadFloats(SafetensorsEntry entry, long firstElement, Span<float> destination)
    {
        if (firstElement < 0 || firstElement > entry.ElementCount - destination.Length)
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}': elements {firstElement}.."
                + $"{firstElement + destination.Length}: expected inside {entry.ShapeText}.");
        }

        var elementBytes = FloatFormats.SizeBytes(_dtype);
        var start = LlmcHeader.Bytes + entry.Begin;
        if (!_interleaved.Contains(entry))
        {
            Read(start + firstElement * elementBytes, destination);
            return;
        }

        var columns = entry.Shape[1];
        while (!destination.IsEmpty)
        {
            var (row, column) = Math.DivRem(firstElement, columns);
            var count = (int)Math.Min(destination.Length, columns - column);
            Read(start + (InterleavedRow(row) * columns + column) * elementBytes, destination[..count]);
            destination = destination[count..];
            firstElement += count;
        }
    }

    /// <inheritdoc/>
    public void ReadBytes(SafetensorsEntry entry, Span<byte> destination)
    {
        if (_interleaved.Contains(entry) || destination.Length > entry.SizeBytes)
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}': expected {destination.Length} bytes that follow one another.");
        }

        FileBytes.ReadExactly(Path, _handle, destination, LlmcHeader.Bytes + entry.Begin);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static LlmcModelFile OpenGpt2(string path, SafeFileHandle handle, int[] header, long length)
    {
        var dtype = ElementType(path, header[1]);
        Require(path, header, "positions, vocabulary, layers, heads, channels, padded vocabulary", 2..8);
        var config = ForeignModel.Checked(path, new DecoderConfig
        {
            Family = "gpt2",
            MaxPositions = header[2],
            VocabSize = header[3],
            Layers = header[4],
            Heads = header[5],
            Hidden = header[6],
        });
        if (header[7] < header[3])
        {
            throw new CheckpointException(
                $"{path}: padded vocabulary: expected at least the vocabulary of {header[3]}, got {header[7]}. "
                + "The file is damaged.");
        }

        RequirePlausible(path, config, length);
        var file = new LlmcModelFile(path, handle, dtype, config);
        var layout = LlmcLayout.Gpt2(config, header[7], out var count);
        foreach (var (tensor, first) in layout)
        {
            file.Add(tensor, first);
        }

        file.RequireLength(length, count);
        return file;
    }

    /// <summary>No list is made for more layers than the file has room for.</summary>
    private static void RequirePlausible(string path, DecoderConfig config, long length)
    {
        if ((long)config.Layers * config.Hidden > length)
        {
            throw new CheckpointException(
                $"{path}: {config.Layers} layers of {config.Hidden} channels: expected no more than {length} "
                + "bytes hold. The file is cut off or damaged.");
        }
    }

    private static string ElementType(string path, int version) => version switch
    {
        3 => "F32",
        5 => "BF16",
        _ => throw new CheckpointException(
            $"{path}: version: expected 3 (f32) or 5 (bf16), got {version}. Older files lack the padded "
            + "vocabulary; write the model again with a current llm.c."),
    };

    private static void Require(string path, int[] header, string names, Range range)
    {
        if (header[range].Any(value => value < 1))
        {
            throw new CheckpointException(
                $"{path}: header: {names}: expected numbers from 1 on, got {string.Join(", ", header[range])}. "
                + "The file is damaged.");
        }
    }

    private void RequireLength(long length, long elements)
    {
        var expected = LlmcHeader.Bytes + (Int128)elements * FloatFormats.SizeBytes(_dtype);
        if (length != expected)
        {
            throw new CheckpointException(
                $"{Path}: size: expected {expected} bytes for the model of its header, got {length}. The file is "
                + "cut off or damaged.");
        }
    }

    private SafetensorsEntry Add(FileTensor tensor, long first)
    {
        var bytes = FloatFormats.SizeBytes(_dtype);
        var shape = new long[tensor.Shape.Rank];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = tensor.Shape[i];
        }

        var entry = new SafetensorsEntry(
            tensor.Name, _dtype, shape, first * bytes, (first + tensor.Shape.Count) * bytes);
        _tensors.Add((tensor, entry));
        return entry;
    }

    private void Read(long position, Span<float> destination)
    {
        var elementBytes = FloatFormats.SizeBytes(_dtype);
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(ChunkBytes, destination.Length * elementBytes));
        while (!destination.IsEmpty)
        {
            var count = Math.Min(destination.Length, buffer.Length / elementBytes);
            var bytes = buffer.AsSpan(0, count * elementBytes);
            FileBytes.ReadExactly(Path, _handle, bytes, position);
            FloatFormats.Decode(_dtype, bytes, destination[..count]);
            destination = destination[count..];
            position += bytes.Length;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }
}
