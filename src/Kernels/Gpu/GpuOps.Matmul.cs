using Inheritune.Kernels.Cuda;

namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private const int BiasRows = 256; // rows of a partial sum in matmul_bias_partial
    private const long LargestDimension = int.MaxValue - 256;

    /// <summary>The tile of every aligned product instead of the planned one; set by tests only.</summary>
    internal GemmTile? WantedTile { get; set; }

    private protected override void MatmulForwardCore(
        Tensor output, Tensor input, Tensor weight, Tensor? bias, Activation activation, Tensor? preActivation)
    {
        var arguments = new GemmArguments
        {
            Output = output.Address,
            Pre = preActivation?.Address ?? 0,
            A = input.Address,
            B = weight.Address,
            Bias = bias?.Address ?? 0,
            Activation = (int)activation,
        };
        var (m, n, k) = (input.Shape.Rows, weight.Shape[0], input.Shape.Columns);
        if (ByLibrary(GemmForm.Forward, input.DType, m, n, k, arguments) is { } library)
        {
            ForwardByLibrary(library, arguments, output, input, weight, activation, preActivation);
            return;
        }

        Product(GemmForm.Forward, input.DType, m, n, k, ref arguments, nameof(MatmulForward));
    }

    private protected override void MatmulBackwardInputCore(
        Tensor dInput, Tensor dOutput, Tensor weight, Activation activation, Tensor? preActivation, bool accumulate)
    {
        var arguments = new GemmArguments
        {
            Output = dInput.Address,
            Pre = activation == Activation.None ? 0 : preActivation!.Address,
            A = dOutput.Address,
            B = weight.Address,
            Activation = (int)activation,
            Accumulate = accumulate ? 1 : 0,
        };
        var (m, n, k) = (dOutput.Shape.Rows, weight.Shape.Columns, weight.Shape[0]);
        if ((activation == Activation.None || !accumulate)
            && ByLibrary(GemmForm.InputGradient, dOutput.DType, m, n, k, arguments) is { } library)
        {
            InputGradientByLibrary(library, arguments, dInput, dOutput, weight, activation, preActivation);
            return;
        }

        Product(GemmForm.InputGradient, dOutput.DType, m, n, k, ref arguments, nameof(MatmulBackwardInput));
    }

    private protected override void MatmulBackwardWeightCore(
        Tensor dWeight, Tensor? dBias, Tensor dOutput, Tensor input, bool accumulate)
    {
        var arguments = new GemmArguments
        {
            Output = dWeight.Address,
            A = dOutput.Address,
            B = input.Address,
            Accumulate = accumulate ? 1 : 0,
        };
        var (m, n, k) = (dWeight.Shape[0], dWeight.Shape.Columns, input.Shape.Rows);
        if (ByLibrary(GemmForm.WeightGradient, dOutput.DType, m, n, k, arguments) is { } library)
        {
            var problem = ProblemOf(GemmForm.WeightGradient, dOutput.DType, m, n, k, LtEpilogue.None, accumulate);
            library.Run(problem, arguments.B, arguments.A, arguments.Output, arguments.Output);
        }
        else
        {
            Product(GemmForm.WeightGradient, dOutput.DType, m, n, k, ref arguments, nameof(MatmulBackwardWeight));
        }

        if (dBias is not null && dBias.Count > 0)
        {
            BiasGradient(dBias, dOutput, accumulate);
        }
    }

    // The library takes rows of 16-byte groups; others are the engine's own.
    private LtMatmul? ByLibrary(GemmForm form, DType element, long m, long n, long k, in GemmArguments arguments) =>
        WantedTile is null && m > 0 && n > 0 && k > 0
        && IsAligned(form, m, n, k, element == DType.BF16 ? 8 : 4, arguments)
            ? Library
            : null;

    private void Product(
        GemmForm form, DType element, long m, long n, long k, ref GemmArguments arguments, string operation)
    {
        if (Math.Max(m, Math.Max(n, k)) > LargestDimension)
        {
            Throw(operation, $"a dimension of {m} x {n} x {k}: expected at most {LargestDimension}. Lower the batch.");
        }

        if (m == 0 || n == 0)
        {
            return;
        }

        var isBf16 = element == DType.BF16;
        var isAligned = IsAligned(form, m, n, k, isBf16 ? 8 : 4, arguments);
        var plan = GemmPlan.For(form, isBf16, (int)m, (int)n, (int)k, isAligned, device.Properties, WantedTile);
        (arguments.M, arguments.N, arguments.K, arguments.TilesOfK) = (plan.M, plan.N, plan.K, plan.TilesOfPart);
        arguments.Partial = plan.Parts > 1 ? device.Scratch(plan.ScratchBytes) : 0;
        var launch = default(KernelArguments);
        launch.AddValue(arguments);
        if (plan.IsWarpgroups)
        {
            AddTensorMaps(ref launch, plan, arguments);
        }

        GemmKernel(plan.Kernel, isBf16).Launch(plan.Launch, ref launch);
        if (plan.Parts > 1)
        {
            var reduction = default(KernelArguments);
            reduction.AddValue(arguments);
            reduction.AddValue(plan.Parts);
            reduction.AddValue(plan.Tile == GemmTile.Any ? 0 : 1);
            GemmKernel("matmul_weight_gradient_reduce", isBf16).Launch(plan.Reduction, ref reduction);
        }
    }

    // Operands along k come as boxes of a whole tile, operands along m or n as boxes of 64 x 64.
    private static void AddTensorMaps(ref KernelArguments launch, in GemmPlan plan, in GemmArguments arguments)
    {
        launch.AddValue(plan.Form == GemmForm.WeightGradient
            ? TensorMap.For(arguments.A, plan.K, plan.M, plan.TileDepth)
            : TensorMap.For(arguments.A, plan.M, plan.K, plan.TileRows));
        launch.AddValue(plan.Form == GemmForm.Forward
            ? TensorMap.For(arguments.B, plan.N, plan.K, plan.TileColumns)
            : TensorMap.For(arguments.B, plan.K, plan.N, plan.TileDepth));
    }

    private void BiasGradient(Tensor dBias, Tensor dOutput, bool accumulate)
    {
        var isBf16 = dOutput.DType == DType.BF16;
        var lanes = isBf16 ? 8 : 4;
        var (rows, columns) = ((int)dOutput.Shape.Rows, (int)dBias.Count);
        var groups = (rows + BiasRows - 1) / BiasRows;
        var partial = device.Scratch(Math.Max(1, (long)groups * columns * sizeof(float)));
        if (groups > 0)
        {
            var sums = default(KernelArguments);
            sums.AddValue(partial);
            sums.Add(dOutput);
            sums.AddValue(rows);
            sums.AddValue(columns);
            sums.AddValue(columns % lanes == 0 && dOutput.Address % 16 == 0 ? 1 : 0);
            GemmKernel("matmul_bias_partial", isBf16).Launch(
                new LaunchShape((long)groups * ((columns + 32 * lanes - 1) / (32 * lanes)), 256), ref sums);
        }

        var total = default(KernelArguments);
        total.Add(dBias);
        total.AddValue(partial);
        total.AddValue(groups);
        total.AddValue(columns);
        total.AddValue(accumulate ? 1 : 0);
        GemmKernel("matmul_bias_sum", isBf16).Launch(new LaunchShape((columns + 31) / 32, 256), ref total);
    }

    // The rows of A and B are as long as the dimension they run along, those of the result are n.
    private static bool IsAligned(GemmForm form, long m, long n, long k, int lanes, in GemmArguments arguments)
    {
        var rowOfA = form == GemmForm.WeightGradient ? m : k;
        var rowOfB = form == GemmForm.Forward ? k : n;
        return (rowOfA | rowOfB | n) % lanes == 0
            && (arguments.A | arguments.B | arguments.Output | arguments.Pre | arguments.Bias) % 16 == 0;
    }

    private GpuKernel GemmKernel(string name, bool isBf16) =>
        device.Kernel(name, new KernelProgram(ProgramKind.Gemm, isBf16, 0));
}
