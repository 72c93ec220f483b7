using Inheritune.Cli;
using Inheritune.Engine.Model;
using Inheritune.Engine.Training;
using Inheritune.Kernels;
using Inheritune.Reports;

namespace Inheritune.Runs;

/// <summary>What a training needs and what the device has, before anything is allocated.</summary>
internal static class MemoryCheck
{
    /// <summary>One line with both; an error with the whole plan if it does not fit.</summary>
    /// <param name="config">The model.</param>
    /// <param name="options">How it is trained.</param>
    /// <param name="device">Where.</param>
    /// <param name="output">Receives the line.</param>
    /// <exception cref="RunException">The plan is larger than the free memory; the text has the largest batch that
    /// fits.</exception>
    public static void Require(DecoderConfig config, TrainOptions options, Device device, TextWriter output)
    {
        var (batch, sequence) = (options.BatchSize, options.SequenceLength);
        var plan = MemoryPlan.For(config, batch, sequence, training: true, options.Recompute, options.Precision);
        var free = device.FreeMemoryBytes;
        output.WriteLine(
            $"memory: {Format.Bytes(plan.TotalBytes)} planned for "
            + $"{Format.Short(ParameterTable.For(config).ElementCount)} parameters, batch {batch} × {sequence}; "
            + $"{Format.Bytes(free)} free");
        if (plan.TotalBytes > free)
        {
            output.WriteLine(plan.ToTable());
            int fits = MemoryPlan.LargestBatch(
                config, sequence, free, training: true, options.Recompute, options.Precision);
            throw new RunException(
                $"Model does not fit: planned {Format.Bytes(plan.TotalBytes)}, free {Format.Bytes(free)} on {device.Name}. "
                + (fits > 0 ? $"Lower --batch from {batch} to {fits}, or add --recompute block."
                    : "Add --recompute block, or choose a smaller model."));
        }
    }
}
