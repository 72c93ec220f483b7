using System.Buffers;
using System.Runtime.InteropServices;
using Inheritune.Engine.Files;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints.LlmC;

/// <summary>Writes GPT-2 as a model file of llm.c. Values are asked for piece by piece.</summary>
internal static class LlmcModelWriter
{
    private const int ChunkElements = 1 << 18;

    /// <summary>Refuses a model that the form cannot express, naming the field.</summary>
    /// <exception cref="CheckpointException">It cannot.</exception>
    public static void RequireExpressible(DecoderConfig config, string dtype)
    {
        var gpt2 = new DecoderConfig
        {
            Family = "gpt2",
            VocabSize = config.VocabSize,
            Hidden = config.Hidden,
            Layers = config.Layers,
            Heads = config.Heads,
            MaxPositions = config.MaxPositions,
        };
        Require(dtype is "F32" or "BF16", "element type", dtype, "F32 or BF16");
        Require(config.Family == "gpt2", "family", config.Family, "gpt2");
        Require(config.F == gpt2.F, "feed-forward width", config.F, gpt2.F);
        Require(config.Activation == Activation.GeluTanh, "activation", config.Activation, Activation.GeluTanh);
        Require(config.NormEps == gpt2.NormEps, "norm eps", config.NormEps, gpt2.NormEps);
        Require(config.Tied, "tied head", config.Tied, true);
        Require(AttentionDivisors.FollowRule(config) && !config.ScaleAttentionByLayer,
            "attention scale by layer", "used", "none");
        Require(config.AttentionScale == 0 || config.AttentionScale == 1 / Math.Sqrt(config.HS),
            "attention scale", config.AttentionScale, 1 / Math.Sqrt(config.HS));

        static void Require(bool condition, string field, object value, object expected)
        {
            if (!condition)
            {
                throw new CheckpointException(FormattableString.Invariant(
                    $"Export as llm.c: {field}: expected {expected}, got {value}. llm.c models have no other; ")
                    + "export as hf.");
            }
        }
    }

    /// <summary>Writes a file.</summary>
    /// <param name="path">File to create or replace.</param>
    /// <param name="config">The model.</param>
    /// <param name="dtype">"F32" (version 3) or "BF16" (version 5).</param>
    /// <param name="source">Gives the values of a tensor, rows of (out, in).</param>
    /// <exception cref="CheckpointException">The form cannot express the model.</exception>
    public static void Write(string path, DecoderConfig config, string dtype, Func<FileTensor, FloatSource> source)
    {
        RequireExpressible(config, dtype);
        var padded = LlmcHeader.Padded(config.VocabSize);
        var layout = LlmcLayout.Gpt2(config, padded, out _);
        AtomicFile.Write(path, stream =>
        {
            var header = new int[LlmcHeader.Bytes / sizeof(int)];
            int[] start =
            [
                LlmcHeader.Gpt2Magic, LlmcHeader.Version(dtype), config.MaxPositions, config.VocabSize,
                config.Layers, config.Heads, config.Hidden, padded,
            ];
            start.CopyTo(header, 0);
            stream.Write(MemoryMarshal.AsBytes(header.AsSpan()));
            foreach (var (tensor, first) in layout)
            {
                Write(stream, dtype, tensor.Shape.Count, source(tensor));
                if (first == 0)
                {
                    var rows = (long)(padded - config.VocabSize) * config.Hidden;
                    Write(stream, dtype, rows, (_, destination) => destination.Clear());
                }
            }
        });
    }

    private static void Write(Stream stream, string dtype, long count, FloatSource source)
    {
        var chunk = (int)Math.Min(count, ChunkElements);
        var floats = ArrayPool<float>.Shared.Rent(chunk);
        var bytes = ArrayPool<byte>.Shared.Rent(chunk * sizeof(float));
        for (long first = 0; first < count; first += chunk)
        {
            var values = floats.AsSpan(0, (int)Math.Min(chunk, count - first));
            source(first, values);
            FloatFormats.Encode(dtype, values, bytes);
            stream.Write(bytes, 0, values.Length * FloatFormats.SizeBytes(dtype));
        }

        ArrayPool<float>.Shared.Return(floats);
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
