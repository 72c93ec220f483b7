using Inheritune.Kernels.Cuda;

namespace Inheritune.Kernels.Gpu;

/// <summary>
/// Matrix products by cuBLASLt. It knows one activation, GELU in the tanh form; whether that is faster inside the product
/// or behind it differs between GPUs and library versions, so both are timed once per shape.
/// </summary>
internal sealed partial class GpuOps
{
    private const int TimedRuns = 3;
    private readonly Dictionary<LtProblem, bool> _isFusedFaster = [];
    private LtMatmul? _library;
    private string _gemmNote = "";
    private bool _isLibraryOpen;

    /// <summary>Who computes matrix products; read at the first of them.</summary>
    internal GemmChoice GemmChoice { get; set; } = GemmChoices.FromEnvironment();

    /// <summary>One line for people: by what matrix products run, and why.</summary>
    internal string GemmNote
    {
        get
        {
            _ = Library;
            return _gemmNote;
        }
    }

    /// <summary>cuBLASLt, or null if the engine's own kernels compute.</summary>
    internal LtMatmul? Library => _isLibraryOpen ? _library : OpenLibrary();

    /// <summary>Closes the library. The device is still there.</summary>
    internal void Close()
    {
        _library?.Dispose();
        (_library, _isLibraryOpen) = (null, true);
    }

    /// <summary>The product in the library's terms: it is column-major, so what is (m, n) here is (n, m) there.</summary>
    internal static LtProblem ProblemOf(
        GemmForm form, DType element, long m, long n, long k, LtEpilogue epilogue = LtEpilogue.None, bool accumulate = false) =>
        new(
            n, m, k, TransA: form == GemmForm.Forward, TransB: form == GemmForm.WeightGradient,
            Lda: form == GemmForm.Forward ? k : n, Ldb: form == GemmForm.WeightGradient ? m : k, Ldc: n, element, element,
            epilogue, AuxLd: epilogue is LtEpilogue.None or LtEpilogue.Bias ? 0 : n, accumulate);

    private LtMatmul? OpenLibrary()
    {
        _isLibraryOpen = true;
        if (GemmChoice == GemmChoice.Own)
        {
            _gemmNote = "matrix products run on the engine's own kernels, as asked";
        }
        else if (LtMatmul.TryCreate(device, out _library, out var note) || GemmChoice == GemmChoice.Auto)
        {
            _gemmNote = note;
        }
        else
        {
            _isLibraryOpen = false;
            throw new DeviceException($"{GemmChoices.Variable}: cublaslt on {device.Name}: {note}");
        }

        return _library;
    }

    // y = act(x Wᵀ + b), what was before the activation in pre.
    private void ForwardByLibrary(
        LtMatmul library, in GemmArguments arguments, Tensor output, Tensor input, Tensor weight, Activation activation,
        Tensor? pre)
    {
        var (m, n, k) = (input.Shape.Rows, weight.Shape[0], input.Shape.Columns);
        var plain = ProblemOf(
            GemmForm.Forward, input.DType, m, n, k, arguments.Bias == 0 ? LtEpilogue.None : LtEpilogue.Bias);
        if (activation == Activation.GeluTanh && pre is not null)
        {
            var epilogue = arguments.Bias == 0 ? LtEpilogue.GeluAux : LtEpilogue.GeluAuxBias;
            var fused = ProblemOf(GemmForm.Forward, input.DType, m, n, k, epilogue);
            if (!_isFusedFaster.TryGetValue(fused, out var isFused))
            {
                isFused = ChooseForward(library, fused, plain, arguments, output, pre, activation);
            }

            if (isFused)
            {
                library.Run(
                    fused, arguments.B, arguments.A, arguments.Output, arguments.Output, arguments.Bias, arguments.Pre);
                return;
            }
        }

        ForwardInTwo(library, plain, arguments, output, pre, activation);
    }

    private void ForwardInTwo(
        LtMatmul library, in LtProblem plain, in GemmArguments arguments, Tensor output, Tensor? pre, Activation activation)
    {
        var sums = pre ?? output;
        library.Run(plain, arguments.B, arguments.A, sums.Address, sums.Address, arguments.Bias);
        if (activation != Activation.None)
        {
            ActivationForwardCore(output, sums, activation);
        }
        else if (pre is not null)
        {
            device.CopyBytes(output.Address, pre.Address, output.SizeBytes);
        }
    }

    // dx = (dy W) ∘ act'(pre); with an activation nothing is accumulated.
    private void InputGradientByLibrary(
        LtMatmul library, in GemmArguments arguments, Tensor dInput, Tensor dOutput, Tensor weight, Activation activation,
        Tensor? pre)
    {
        var (m, n, k) = (dOutput.Shape.Rows, weight.Shape.Columns, weight.Shape[0]);
        var plain = ProblemOf(
            GemmForm.InputGradient, dOutput.DType, m, n, k, LtEpilogue.None, arguments.Accumulate != 0);
        if (activation == Activation.GeluTanh)
        {
            var fused = ProblemOf(GemmForm.InputGradient, dOutput.DType, m, n, k, LtEpilogue.GeluBackward);
            if (!_isFusedFaster.TryGetValue(fused, out var isFused))
            {
                isFused = ChooseInputGradient(library, fused, plain, arguments, dInput, pre!, activation);
            }

            if (isFused)
            {
                library.Run(fused, arguments.B, arguments.A, arguments.Output, arguments.Output, 0, arguments.Pre);
                return;
            }
        }

        InputGradientInTwo(library, plain, arguments, dInput, pre, activation);
    }

    private void InputGradientInTwo(
        LtMatmul library, in LtProblem plain, in GemmArguments arguments, Tensor dInput, Tensor? pre, Activation activation)
    {
        library.Run(plain, arguments.B, arguments.A, arguments.Output, arguments.Output);
        if (activation != Activation.None)
        {
            ActivationBackwardCore(dInput, dInput, pre!, activation);
        }
    }

    private bool ChooseForward(
        LtMatmul library, LtProblem fused, LtProblem plain, GemmArguments arguments, Tensor output, Tensor pre,
        Activation activation) =>
        ChooseFused(fused, () => IsFaster(
            library,
            () => library.Run(
                fused, arguments.B, arguments.A, arguments.Output, arguments.Output, arguments.Bias, arguments.Pre),
            () => ForwardInTwo(library, plain, arguments, output, pre, activation)));

    private bool ChooseInputGradient(
        LtMatmul library, LtProblem fused, LtProblem plain, GemmArguments arguments, Tensor dInput, Tensor pre,
        Activation activation) =>
        ChooseFused(fused, () => IsFaster(
            library,
            () => library.Run(fused, arguments.B, arguments.A, arguments.Output, arguments.Output, 0, arguments.Pre),
            () => InputGradientInTwo(library, plain, arguments, dInput, pre, activation)));

    // Both write the same result, so the caller's operands serve. Where nothing may be timed, compute capability 9.0
    // decides: there the fused product was faster in every published measurement, elsewhere slower.
    private bool IsFaster(LtMatmul library, Action fused, Action inTwo)
    {
        if (library.IsDeterministic || device.IsRecording)
        {
            return device.Properties.ComputeMajor == 9;
        }

        try
        {
            fused();
        }
        catch (DeviceException exception) when (exception.Message.Contains("no algorithm", StringComparison.Ordinal))
        {
            return false;
        }

        inTwo();
        using var timer = new GpuTimer(device);
        return ElapsedMs(timer, fused) < ElapsedMs(timer, inTwo);
    }

    private static double ElapsedMs(GpuTimer timer, Action work)
    {
        timer.Start();
        for (var run = 0; run < TimedRuns; run++)
        {
            work();
        }

        timer.Stop();
        return timer.ReadElapsedMs();
    }
}
