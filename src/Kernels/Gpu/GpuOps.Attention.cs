namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private const int MaxGridY = 65535;

    // New rows from which a block of queries shares what it reads of the cache: fewer would leave most of the block idle.
    private const int CachedBlockRows = 64;

    private protected override void RopeCore(
        Tensor qkv, Tensor cosSin, in AttentionShape shape, Tensor? offsets, int positionOffset, bool inverse)
    {
        var program = CheckHead(nameof(Rope), qkv, shape, out var plan);
        CheckRows(nameof(Rope), nameof(qkv), qkv, plan);
        CheckRows(nameof(Rope), nameof(cosSin), cosSin, plan);
        var arguments = default(KernelArguments);
        arguments.Add(qkv);
        arguments.Add(cosSin);
        arguments.Add(offsets);
        arguments.AddValue(shape.T);
        arguments.AddValue(shape.NH + shape.NKV);
        arguments.AddValue((int)cosSin.Shape.Columns / 2);
        arguments.AddValue(shape.QkvColumns);
        arguments.AddValue(positionOffset);
        arguments.AddValue(inverse ? -1f : 1f);
        device.Kernel("rope", program).Launch(new LaunchShape(shape.N, 128), ref arguments);
    }

    private protected override void AttentionForwardCore(
        Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
    {
        var program = CheckHead(nameof(AttentionForward), qkv, shape, out var plan);
        CheckRows(nameof(AttentionForward), nameof(qkv), qkv, plan);
        CheckRows(nameof(AttentionForward), nameof(output), output, plan);
        var arguments = default(KernelArguments);
        arguments.Add(output);
        arguments.Add(logSumExp);
        arguments.Add(qkv);
        AddSizes(ref arguments, shape);
        device.Kernel("attention_forward", program).Launch(
            plan.Forward.Launch(shape.T, shape.NH, shape.B), ref arguments);
    }

    private protected override void AttentionBackwardCore(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
    {
        var program = CheckHead(nameof(AttentionBackward), qkv, shape, out var plan);
        CheckRows(nameof(AttentionBackward), nameof(qkv), qkv, plan);
        CheckRows(nameof(AttentionBackward), nameof(dOutput), dOutput, plan);
        CheckRows(nameof(AttentionBackward), nameof(dQkv), dQkv, plan);
        var rows = checked(shape.N * shape.NH);
        var delta = device.Scratch(rows * sizeof(float));
        var arguments = default(KernelArguments);
        arguments.AddValue(delta);
        arguments.Add(output);
        arguments.Add(dOutput);
        arguments.AddValue(shape.T);
        arguments.AddValue(shape.NH);
        arguments.AddValue(rows);
        device.Kernel("attention_delta", program).Launch(new LaunchShape((rows + 7) / 8, 256), ref arguments);

        arguments = default;
        arguments.Add(dQkv);
        arguments.Add(dOutput);
        arguments.Add(logSumExp);
        arguments.AddValue(delta);
        arguments.Add(qkv);
        AddSizes(ref arguments, shape);
        device.Kernel("attention_backward_keys", program).Launch(
            plan.BackwardKeys.Launch(shape.T, shape.NKV, shape.B), ref arguments);
        device.Kernel("attention_backward_queries", program).Launch(
            plan.BackwardQueries.Launch(shape.T, shape.NH, shape.B), ref arguments);
    }

    private protected override void AttentionCachedCore(
        Tensor output, Tensor cache, Tensor qkv, Tensor past, in AttentionShape shape)
    {
        var program = CheckHead(nameof(AttentionCached), qkv, shape, out var plan);
        CheckRows(nameof(AttentionCached), nameof(cache), cache, plan);
        CheckRows(nameof(AttentionCached), nameof(qkv), qkv, plan);
        CheckRows(nameof(AttentionCached), nameof(output), output, plan);
        var capacity = checked((int)cache.Shape[1]);
        var arguments = default(KernelArguments);
        arguments.Add(cache);
        arguments.Add(qkv);
        arguments.Add(past);
        arguments.AddValue(shape.T);
        arguments.AddValue(shape.NH);
        arguments.AddValue(shape.NKV);
        arguments.AddValue(capacity);
        device.Kernel("attention_append", program).Launch(new LaunchShape(shape.N, 128), ref arguments);

        arguments = default;
        arguments.Add(output);
        arguments.Add(cache);
        arguments.Add(qkv);
        arguments.Add(past);
        arguments.Add(shape.AlibiSlopes);
        arguments.AddValue(shape.T);
        arguments.AddValue(shape.NH);
        arguments.AddValue(shape.NKV);
        arguments.AddValue(capacity);
        arguments.AddValue(shape.Scale);
        if (shape.T < CachedBlockRows)
        {
            device.Kernel("attention_cached", program).Launch(
                new LaunchShape(shape.T, 128, 0, shape.NH, shape.B), ref arguments);
        }
        else
        {
            device.Kernel("attention_cached_blocks", program).Launch(
                plan.Forward.Launch(shape.T, shape.NH, shape.B), ref arguments);
        }
    }

    private static void AddSizes(ref KernelArguments arguments, in AttentionShape shape)
    {
        arguments.Add(shape.AlibiSlopes);
        arguments.AddValue(shape.T);
        arguments.AddValue(shape.NH);
        arguments.AddValue(shape.NKV);
        arguments.AddValue(shape.Scale);
    }

    /// <summary>Throws unless the kernels can be compiled for the head size.</summary>
    /// <returns>Their program.</returns>
    private KernelProgram CheckHead(string operation, Tensor qkv, in AttentionShape shape, out AttentionPlan plan)
    {
        var isBf16 = qkv.DType == DType.BF16;
        if (shape.HS > AttentionPlan.MaxHeadSize || isBf16 && shape.HS % 2 != 0)
        {
            Throw(operation, $"shape: HS: expected {(isBf16 ? "an even number" : "a number")} up to "
                + $"{AttentionPlan.MaxHeadSize} in {qkv.DType} on {device.Name}, got {shape.HS}.");
        }

        if (shape.B > MaxGridY || shape.NH > MaxGridY)
        {
            Throw(operation, $"shape: expected at most {MaxGridY} sequences and heads on {device.Name}, got B={shape.B}, "
                + $"NH={shape.NH}.");
        }

        plan = new AttentionPlan(shape.HS, isBf16);
        return new KernelProgram(ProgramKind.Attention, isBf16, shape.HS);
    }

    /// <summary>Throws unless a tensor starts where rows of heads can be copied from.</summary>
    private static void CheckRows(string operation, string operand, Tensor tensor, in AttentionPlan plan)
    {
        if (tensor.Address % plan.CopyBytes != 0)
        {
            Throw(operation, $"{operand}: expected an address that is a multiple of {plan.CopyBytes} bytes, got byte offset "
                + $"{tensor.ByteOffset}.");
        }
    }
}
