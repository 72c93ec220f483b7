using System.Runtime.InteropServices;
using Inheritune.Engine.Checkpoints.PyTorch;
using Inheritune.Engine.Model;
using Microsoft.Win32.SafeHandles;

namespace Inheritune.Engine.Checkpoints.LlmC;

/// <summary>
/// One step of llm.c's reference run: inputs, targets, logits, loss and gradients, to compare a backward pass
/// with.
/// </summary>
internal sealed class LlmcDebugState : IDisposable
{
    private const int Version = 2;

    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private readonly DecoderConfig _config;
    private readonly long _logits;
    private readonly List<(FileTensor Tensor, long First)> _layout;

    private LlmcDebugState(string path, SafeFileHandle handle, DecoderConfig config, int batch, int length)
    {
        _path = path;
        _handle = handle;
        _config = config;
        (B, T) = (batch, length);
        _logits = LlmcHeader.Bytes + 8L * batch * length;
        _layout = LlmcLayout.Gpt2(config, LlmcHeader.Padded(config.VocabSize), out var count);
        var expected = GradientStart + 4 * count;
        if (RandomAccess.GetLength(handle) != expected)
        {
            throw new CheckpointException(
                $"{path}: size: expected {expected} bytes for B={batch}, T={length} and this model, got "
                + $"{RandomAccess.GetLength(handle)}. It belongs to another model or is cut off.");
        }

        Inputs = Read<int>(LlmcHeader.Bytes, batch * length);
        Targets = Read<int>(LlmcHeader.Bytes + 4L * batch * length, batch * length);
        Loss = Read<float>(GradientStart - sizeof(float), 1)[0];
    }

    /// <summary>Sequences.</summary>
    public int B { get; }

    /// <summary>Tokens of a sequence.</summary>
    public int T { get; }

    /// <summary>Inputs, (B, T).</summary>
    public int[] Inputs { get; }

    /// <summary>Targets, (B, T).</summary>
    public int[] Targets { get; }

    /// <summary>Mean loss.</summary>
    public float Loss { get; }

    private long GradientStart => _logits + 4L * B * T * _config.VocabSize + sizeof(float);

    /// <summary>Opens and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">The GPT-2 model it was made with.</param>
    /// <exception cref="CheckpointException">It is of another kind, model or size.</exception>
    public static LlmcDebugState Open(string path, DecoderConfig config)
    {
        var handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            var header = new int[4];
            FileBytes.ReadExactly(path, handle, MemoryMarshal.AsBytes(header.AsSpan()), 0);
            if (header is not [LlmcHeader.DebugMagic, Version, > 0 and <= 65536, > 0 and <= 65536])
            {
                throw new CheckpointException(
                    $"{path}: header: expected magic {LlmcHeader.DebugMagic}, version {Version}, B and T, got "
                    + $"{string.Join(", ", header)}. This is not a debug state of llm.c.");
            }

            return new LlmcDebugState(path, handle, config, header[2], header[3]);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Logits of a position, (V).</summary>
    public float[] Logits(int sequence, int position) => Read<float>(
        _logits + 4L * ((long)sequence * T + position) * _config.VocabSize, _config.VocabSize);

    /// <summary>The gradients with their tensors, matrices (out, in).</summary>
    public IEnumerable<(FileTensor Tensor, float[] Values)> Gradients() => _layout.Select(
        item => (item.Tensor, Read<float>(GradientStart + 4 * item.First, checked((int)item.Tensor.Shape.Count))));

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private TValue[] Read<TValue>(long position, int count)
        where TValue : unmanaged
    {
        var result = new TValue[count];
        FileBytes.ReadExactly(_path, _handle, MemoryMarshal.AsBytes(result.AsSpan()), position);
        return result;
    }
}
