using System.Diagnostics;

namespace Inheritune.Kernels.Profiling;

internal sealed partial class ProfilingOps
{
    private protected override void CopyColumnsCore(
        Tensor output, long outputColumn, Tensor input, long inputColumn, long columns)
    {
        var start = Stopwatch.GetTimestamp();
        inner.CopyColumns(output, outputColumn, input, inputColumn, columns);
        profile.Record(
            nameof(inner.CopyColumns), start, 0, 2.0 * input.Shape.Rows * columns * input.DType.SizeBytes());
    }

    private protected override void ClampCore(Tensor output, float limit)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Clamp(output, limit);
        profile.Record(nameof(inner.Clamp), start, 0, output.SizeBytes);
    }

    private protected override void ClampBackwardCore(Tensor dOutput, Tensor output, float limit)
    {
        var start = Stopwatch.GetTimestamp();
        inner.ClampBackward(dOutput, output, limit);
        profile.Record(nameof(inner.ClampBackward), start, 0, dOutput.SizeBytes + output.SizeBytes);
    }
}
