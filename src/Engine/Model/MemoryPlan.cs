using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>
/// What a model, its training state and a pass need on a device: known before anything is allocated.
/// </summary>
/// <param name="Lines">What for, and how many bytes.</param>
public sealed record MemoryPlan(IReadOnlyList<(string Name, long Bytes)> Lines)
{
    /// <summary>All lines together.</summary>
    public long TotalBytes => Lines.Sum(l => l.Bytes);

    /// <summary>Plans a run.</summary>
    /// <param name="config">The model.</param>
    /// <param name="batch">B, sequences per micro-batch.</param>
    /// <param name="sequenceLength">T.</param>
    /// <param name="training">With gradients, moments and a backward pass.</param>
    /// <param name="recompute">What the backward pass computes again.</param>
    /// <param name="precision">Element types.</param>
    /// <param name="momentCount">Numbers per weight that the optimizer keeps: 2 for AdamW.</param>
    public static MemoryPlan For(
        DecoderConfig config, int batch, int sequenceLength, bool training, Recompute recompute = Recompute.None,
        Precision precision = Precision.F32, int momentCount = 2)
    {
        var count = ParameterTable.For(config).ArenaElements;
        var (compute, kept) = (precision.ComputeType().SizeBytes(), precision.WeightType().SizeBytes());
        var activations = ActivationPlan.For(
            config, batch, sequenceLength, training, recompute, precision.ComputeType());
        var lines = new List<(string Name, long Bytes)> { ("weights", checked(count * kept)) };
        if (training)
        {
            if (compute != kept)
            {
                lines.Add(("weights to compute with", checked(count * compute)));
            }

            lines.Add(("gradients", checked(count * compute)));
            lines.Add(("optimizer moments", checked(momentCount * count * sizeof(float))));
        }

        foreach (var kind in activations.Buffers.GroupBy(b => b.Kind))
        {
            lines.Add((kind.Key, kind.Sum(b => b.SizeBytes)));
        }

        return new MemoryPlan(lines);
    }

    /// <summary>The largest batch whose plan fits into <paramref name="freeBytes"/>, or 0.</summary>
    public static int LargestBatch(
        DecoderConfig config, int sequenceLength, long freeBytes, bool training, Recompute recompute = Recompute.None,
        Precision precision = Precision.F32, int momentCount = 2)
    {
        bool Fits(int batch) =>
            For(config, batch, sequenceLength, training, recompute, precision, momentCount).TotalBytes <= freeBytes;

        if (!Fits(1))
        {
            return 0;
        }

        var (low, high) = (1, 2);
        while (high < 1 << 20 && Fits(high))
        {
            (low, high) = (high, 2 * high);
        }

        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            (low, high) = Fits(middle) ? (middle, high) : (low, middle);
        }

        return low;
    }

    /// <summary>One line per item and the total, in MiB.</summary>
    public string ToTable()
    {
        static string Row(string name, long bytes) => $"  {name,-26}{bytes / (1024.0 * 1024.0),12:F1} MiB";

        return string.Join(Environment.NewLine, [.. Lines.Select(l => Row(l.Name, l.Bytes)), Row("total", TotalBytes)]);
    }
}
