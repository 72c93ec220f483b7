using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Inheritune.Kernels.Gpu;
using static Inheritune.Kernels.Cuda.CublasLtNative;

namespace Inheritune.Kernels.Cuda;

/// <summary>
/// Matrix products by cuBLASLt. Per problem the library names candidates once; they are timed on random data (zeros draw
/// less power and read too fast) and the fastest one that repeats its own bits is kept.
/// </summary>
internal sealed unsafe partial class LtMatmul : IDisposable
{
    private const int WorkspaceBytes = 32 << 20;
    private const int Candidates = 16;
    private readonly GpuDevice _device;
    private readonly Dictionary<(LtProblem Problem, int Alignment), LtPlan> _plans = [];
    private readonly DeviceMemory _workspace;
    private readonly nint _handle;

    private LtMatmul(GpuDevice device, nint handle)
    {
        _device = device;
        _handle = handle;
        _workspace = device.Allocate(WorkspaceBytes);
    }

    /// <summary>Takes the library's first candidate instead of timing: the same bits in every run on one GPU model.</summary>
    public bool IsDeterministic { get; set; }

    /// <summary>Opens cuBLASLt for a GPU.</summary>
    /// <param name="device">The GPU; the emulator has no counterpart.</param>
    /// <param name="matmul">The products, or null.</param>
    /// <param name="note">One line for people: what was found, or why there is none.</param>
    public static bool TryCreate(GpuDevice device, [NotNullWhen(true)] out LtMatmul? matmul, out string note)
    {
        matmul = null;
        if (device.Properties.IsEmulated)
        {
            note = "cuBLASLt: not on the emulator";
            return false;
        }

        var library = NativeLibraries.Find(CudaLibrary.CublasLt);
        if (!library.IsFound)
        {
            note = "cuBLASLt was not found: matrix products run on the engine's own kernels. Install nvidia-cublas or the "
                + "CUDA toolkit for the library's.";
            return false;
        }

        device.MakeCurrent();
        nint handle;
        var status = cublasLtCreate(&handle);
        if (status != 0)
        {
            note = $"cuBLASLt ({library.Path}) does not start (status {status}): matrix products run on the engine's own "
                + "kernels.";
            return false;
        }

        matmul = new LtMatmul(device, handle);
        note = $"cuBLASLt {cublasLtGetVersion()} ({library.Path})";
        return true;
    }

    /// <summary>Enqueues a product.</summary>
    /// <param name="problem">Its shape.</param>
    /// <param name="a">Address of A. All addresses are aligned to 16 bytes.</param>
    /// <param name="b">Address of B.</param>
    /// <param name="c">Address of C; the same as <paramref name="d"/> to accumulate.</param>
    /// <param name="d">Address of D.</param>
    /// <param name="bias">Address of the bias or of its gradient, as the epilogue has it.</param>
    /// <param name="aux">Address of aux.</param>
    /// <exception cref="DeviceException">The library has no algorithm for the problem, or refused the call.</exception>
    public void Run(in LtProblem problem, nint a, nint b, nint c, nint d, nint bias = 0, nint aux = 0)
    {
        _device.MakeCurrent();
        var alignment = Alignment(a | b | c | d);
        ref var plan = ref CollectionsMarshal.GetValueRefOrAddDefault(_plans, (problem, alignment), out var isKnown);
        if (!isKnown)
        {
            plan = null!;
            try
            {
                plan = MakePlan(problem, alignment);
            }
            finally
            {
                if (plan is null)
                {
                    _plans.Remove((problem, alignment));
                }
            }
        }

        Enqueue(plan!, plan!.Algorithm, a, b, c, d, bias, aux);
    }

    public void Dispose()
    {
        foreach (var plan in _plans.Values)
        {
            plan.Dispose();
        }

        _plans.Clear();
        _workspace.Dispose();
        _ = cublasLtDestroy(_handle);
    }

    private static int Alignment(nint address)
    {
        var alignment = (int)Math.Min(256, address & -address);
        return alignment >= 16 || address == 0
            ? Math.Max(alignment, 16)
            : throw new DeviceException($"Matmul: an address is aligned to {alignment} bytes: expected 16.");
    }

    private void Enqueue(LtPlan plan, LtAlgorithm algorithm, nint a, nint b, nint c, nint d, nint bias, nint aux)
    {
        if (bias != 0)
        {
            Set(plan.Descriptor, LtDescriptorAttribute.BiasPointer, bias);
        }

        if (aux != 0)
        {
            Set(plan.Descriptor, LtDescriptorAttribute.EpilogueAuxPointer, aux);
        }

        // Scalars are f32 on the host, whatever the operands are.
        float alpha = 1, beta = plan.Problem.Accumulate ? 1 : 0;
        Check(
            cublasLtMatmul(
                _handle, plan.Descriptor, &alpha, a, plan.LayoutA, b, plan.LayoutB, &beta, c, plan.LayoutC, d, plan.LayoutC,
                &algorithm, _workspace.Address, WorkspaceBytes, _device.Stream),
            "cublasLtMatmul");
    }

    private LtPlan MakePlan(in LtProblem problem, int alignment)
    {
        var plan = new LtPlan(problem);
        try
        {
            if (_imported.TryGetValue(Key(problem, alignment), out var stored) && IsUsable(plan, stored))
            {
                plan.Algorithm = stored;
                return plan;
            }

            var candidates = Ask(plan, alignment);
            if (candidates.Count == 0)
            {
                throw new DeviceException(
                    $"Matmul: cuBLASLt has no algorithm for {problem.Text}. Use the engine's own kernels: --gemm own.");
            }

            plan.Algorithm = IsDeterministic || candidates.Count == 1 || _device.IsRecording
                ? candidates[0]
                : Fastest(plan, candidates);
            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    private List<LtAlgorithm> Ask(LtPlan plan, int alignment)
    {
        nint preference;
        Check(cublasLtMatmulPreferenceCreate(&preference));
        try
        {
            Set(preference, LtPreferenceAttribute.MaxWorkspaceBytes, (ulong)WorkspaceBytes);
            Set(preference, LtPreferenceAttribute.MinAlignmentABytes, alignment);
            Set(preference, LtPreferenceAttribute.MinAlignmentBBytes, alignment);
            Set(preference, LtPreferenceAttribute.MinAlignmentCBytes, alignment);
            Set(preference, LtPreferenceAttribute.MinAlignmentDBytes, alignment);
            var results = stackalloc LtHeuristicResult[Candidates];
            var count = 0;
            var status = cublasLtMatmulAlgoGetHeuristic(
                _handle, plan.Descriptor, plan.LayoutA, plan.LayoutB, plan.LayoutC, plan.LayoutC, preference, Candidates,
                results, &count);
            var found = new List<LtAlgorithm>();
            for (var i = 0; i < count && status == 0; i++)
            {
                if (results[i].State == 0)
                {
                    found.Add(results[i].Algorithm);
                }
            }

            return found;
        }
        finally
        {
            _ = cublasLtMatmulPreferenceDestroy(preference);
        }
    }

    private bool IsUsable(LtPlan plan, LtAlgorithm algorithm)
    {
        LtHeuristicResult result;
        return cublasLtMatmulAlgoCheck(
                _handle, plan.Descriptor, plan.LayoutA, plan.LayoutB, plan.LayoutC, plan.LayoutC, &algorithm, &result) == 0
            && result.WorkspaceBytes <= WorkspaceBytes;
    }
}
