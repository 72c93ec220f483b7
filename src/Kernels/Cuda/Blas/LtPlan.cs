using static Inheritune.Kernels.Cuda.CublasLtNative;

namespace Inheritune.Kernels.Cuda;

/// <summary>The library's descriptors of one problem, and the algorithm that was chosen for it.</summary>
internal sealed unsafe class LtPlan : IDisposable
{
    private const int F32 = 0;
    private const int BF16 = 14;
    private const int Compute32F = 68;
    private const int Compute32FFastTf32 = 77;
    private nint _descriptor;
    private nint _a;
    private nint _b;
    private nint _c;

    public LtPlan(in LtProblem problem)
    {
        Problem = problem;
        try
        {
            nint made;
            Check(cublasLtMatmulDescCreate(&made, problem.Tf32 ? Compute32FFastTf32 : Compute32F, F32));
            _descriptor = made;
            Set(_descriptor, LtDescriptorAttribute.TransA, problem.TransA ? 1 : 0);
            Set(_descriptor, LtDescriptorAttribute.TransB, problem.TransB ? 1 : 0);
            Set(_descriptor, LtDescriptorAttribute.Epilogue, (int)problem.Epilogue);
            if (problem.AuxLd > 0)
            {
                Set(_descriptor, LtDescriptorAttribute.EpilogueAuxLd, problem.AuxLd);
            }

            _a = Layout(problem.Element, problem.TransA ? problem.K : problem.M, problem.TransA ? problem.M : problem.K, problem.Lda);
            _b = Layout(problem.Element, problem.TransB ? problem.N : problem.K, problem.TransB ? problem.K : problem.N, problem.Ldb);
            _c = Layout(problem.Output, problem.M, problem.N, problem.Ldc);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public LtProblem Problem { get; }

    public LtAlgorithm Algorithm { get; set; }

    public nint Descriptor => _descriptor;

    public nint LayoutA => _a;

    public nint LayoutB => _b;

    /// <summary>Of C and of D.</summary>
    public nint LayoutC => _c;

    public void Dispose()
    {
        _ = _descriptor == 0 ? 0 : cublasLtMatmulDescDestroy(_descriptor);
        foreach (var layout in (ReadOnlySpan<nint>)[_a, _b, _c])
        {
            _ = layout == 0 ? 0 : cublasLtMatrixLayoutDestroy(layout);
        }

        (_descriptor, _a, _b, _c) = (0, 0, 0, 0);
    }

    private static nint Layout(DType type, long rows, long columns, long ld)
    {
        nint layout;
        Check(cublasLtMatrixLayoutCreate(&layout, type == DType.BF16 ? BF16 : F32, (ulong)rows, (ulong)columns, ld));
        return layout;
    }
}
