namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private const int ColumnSegment = 1024;

    private protected override void CopyColumnsCore(
        Tensor output, long outputColumn, Tensor input, long inputColumn, long columns)
    {
        var (rows, size) = (input.Shape.Rows, input.DType.SizeBytes());
        if (rows == 0)
        {
            return;
        }

        var segments = (int)RowsPlan.Ceiling(columns, ColumnSegment);
        var arguments = default(KernelArguments);
        arguments.AddValue(output.Address + (nint)(outputColumn * size));
        arguments.AddValue(input.Address + (nint)(inputColumn * size));
        arguments.AddValue(output.Shape.Columns);
        arguments.AddValue(input.Shape.Columns);
        arguments.AddValue(columns);
        arguments.AddValue(size);
        arguments.AddValue(segments);
        RowsKernel("copy_columns", AnyType).Launch(new LaunchShape(rows * segments, RowsPlan.Block), ref arguments);
    }

    private protected override void ClampCore(Tensor output, float limit) => InPlace("clamp", output, limit);

    private protected override void ClampBackwardCore(Tensor dOutput, Tensor output, float limit)
    {
        if (output.Count > 0)
        {
            var arguments = default(KernelArguments);
            arguments.Add(dOutput);
            arguments.Add(output);
            arguments.AddValue(limit);
            arguments.AddValue(output.Count);
            arguments.AddValue(IsWide(dOutput, output));
            RowsKernel("clamp_backward", output.DType).Launch(Elements(output), ref arguments);
        }
    }
}
