using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void MatrixRankCore(Tensor ranks, Tensor matrices, ReadOnlySpan<double> levels)
    {
        var (m, n) = (matrices.Shape[0], checked((int)matrices.Shape[1]));
        if (m == 0 || n == 0)
        {
            return;
        }

        var batch = RowsPlan.MatrixBatch(m, n);
        var each = (long)n * n + 2L * n;
        var scratch = device.Scratch(checked((batch * each + m * 3 * n) * sizeof(double)));
        var diagonals = scratch + (nint)(batch * each * sizeof(double));
        var values = diagonals + (nint)(m * 2 * n * sizeof(double));
        for (long first = 0; first < m; first += batch)
        {
            var some = (int)Math.Min(batch, m - first);
            var gram = default(KernelArguments);
            gram.AddValue(scratch);
            gram.AddValue(matrices.Address + (nint)(first * n * n * sizeof(float)));
            gram.AddValue(n);
            RowsKernel("matrix_gram", AnyType).Launch(
                new LaunchShape(RowsPlan.Ceiling((long)n * n, RowsPlan.Block), RowsPlan.Block, 0, some), ref gram);
            var reduce = default(KernelArguments);
            reduce.AddValue(diagonals + (nint)(first * 2 * n * sizeof(double)));
            reduce.AddValue(scratch);
            reduce.AddValue(n);
            RowsKernel("matrix_tridiagonal", AnyType).Launch(new LaunchShape(some, RowsPlan.Block), ref reduce);
        }

        var count = default(KernelArguments);
        count.Add(ranks);
        count.AddValue(values);
        count.AddValue(diagonals);
        count.AddValue(n);
        count.AddValue(new LevelArguments(levels));
        RowsKernel("matrix_rank", AnyType).Launch(new LaunchShape(m, RowsPlan.Block), ref count);
    }

    private protected override void MatrixMassCore(
        Tensor counts, Tensor matrices, ReadOnlySpan<double> levels, bool sorted)
    {
        var (m, n) = (matrices.Shape[0], checked((int)matrices.Shape[1]));
        if (m == 0 || n == 0)
        {
            return;
        }

        var blocks = Math.Min(m, 8L * Multiprocessors);
        var arguments = default(KernelArguments);
        arguments.Add(counts);
        arguments.Add(matrices);
        arguments.AddValue(device.Scratch(checked(blocks * 2 * n * sizeof(double))));
        arguments.AddValue(m);
        arguments.AddValue(n);
        arguments.AddValue(Flag(sorted));
        arguments.AddValue(new LevelArguments(levels));
        RowsKernel("matrix_mass", AnyType).Launch(new LaunchShape(blocks, RowsPlan.Block), ref arguments);
    }

    private protected override void MatrixSinkCore(Tensor statistics, Tensor matrices)
    {
        var (m, n) = (matrices.Shape[0], checked((int)matrices.Shape[1]));
        if (m == 0 || n == 0)
        {
            return;
        }

        var arguments = default(KernelArguments);
        arguments.Add(statistics);
        arguments.Add(matrices);
        arguments.AddValue(n);
        RowsKernel("matrix_sink", AnyType).Launch(new LaunchShape(m, RowsPlan.Block), ref arguments);
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct LevelArguments
    {
        public fixed double Values[16];
        public int Count;

        public LevelArguments(ReadOnlySpan<double> levels)
        {
            Count = levels.Length;
            for (var i = 0; i < levels.Length; i++)
            {
                Values[i] = levels[i];
            }
        }
    }
}
