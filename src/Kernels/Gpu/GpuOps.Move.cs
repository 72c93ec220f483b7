namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void CopyCore(Tensor output, Tensor input)
    {
        if (input.SizeBytes > 0)
        {
            device.CopyBytes(output.Address, input.Address, input.SizeBytes);
        }
    }

    private protected override void FillCore(Tensor output, float value)
    {
        if (output.Count > 0)
        {
            var arguments = default(KernelArguments);
            arguments.Add(output);
            arguments.AddValue(value);
            arguments.AddValue(output.Count);
            arguments.AddValue(IsWide(output));
            RowsKernel("fill", output.DType).Launch(Elements(output), ref arguments);
        }
    }

    private protected override void AddCore(Tensor output, Tensor input)
    {
        if (output.Count > 0)
        {
            var arguments = default(KernelArguments);
            arguments.Add(output);
            arguments.Add(input);
            arguments.AddValue(output.Count);
            arguments.AddValue(IsWide(output, input));
            RowsKernel("add", output.DType).Launch(Elements(output), ref arguments);
        }
    }

    private protected override void ScaleCore(Tensor output, float factor) => InPlace("scale", output, factor);

    private protected override void CastCore(Tensor output, Tensor input)
    {
        if (output.DType == input.DType)
        {
            CopyCore(output, input);
        }
        else if (output.Count > 0)
        {
            var arguments = default(KernelArguments);
            arguments.Add(output);
            arguments.Add(input);
            arguments.AddValue(output.Count);
            arguments.AddValue(IsWide(output, input));
            var name = output.DType == DType.BF16 ? "cast_to_bf16" : "cast_to_f32";
            RowsKernel(name, AnyType).Launch(RowsPlan.Elements(output.Count, 8, Multiprocessors), ref arguments);
        }
    }

    private protected override void RandomNormalCore(Tensor output, ulong seed, ulong stream, float standardDeviation)
    {
        if (output.Count > 0)
        {
            var arguments = default(KernelArguments);
            arguments.Add(output);
            arguments.AddValue(seed);
            arguments.AddValue(stream);
            arguments.AddValue(standardDeviation);
            arguments.AddValue(output.Count);
            RowsKernel("random_normal", AnyType)
                .Launch(RowsPlan.Elements(output.Count, 4, Multiprocessors), ref arguments);
        }
    }

    private void InPlace(string name, Tensor output, float value)
    {
        if (output.Count > 0)
        {
            var arguments = default(KernelArguments);
            arguments.Add(output);
            arguments.AddValue(value);
            arguments.AddValue(output.Count);
            arguments.AddValue(IsWide(output));
            RowsKernel(name, output.DType).Launch(Elements(output), ref arguments);
        }
    }
}
