using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    private readonly NativeScratch _rowScratch = new();

    private protected override void CrossEntropyForwardCore(
        Tensor losses, Tensor logits, Tensor targets, float scale, bool gradient, long vocabulary)
    {
        var job = new CrossEntropyJob
        {
            Losses = (float*)losses.Address,
            Logits = (float*)logits.Address,
            Targets = (int*)targets.Address,
            Columns = logits.Shape.Columns,
            V = vocabulary,
            Scale = scale,
            Gradient = gradient,
        };
        _threads.ForLanes(job, logits.Shape.Rows, Math.Max(1, 65536 / Math.Max(1, job.V)));
    }

    private protected override void DistillationForwardBackwardCore(
        Tensor losses, Tensor divergences, Tensor logits, Tensor teacher, Tensor targets, in DistillationTerms terms)
    {
        var job = new DistillationJob
        {
            Losses = (float*)losses.Address,
            Divergences = (float*)divergences.Address,
            Logits = (float*)logits.Address,
            Teacher = (float*)teacher.Address,
            Targets = (int*)targets.Address,
            Columns = logits.Shape.Columns,
            TeacherColumns = teacher.Shape.Columns,
            Terms = terms,
        };
        _threads.For(job, logits.Shape.Rows, Math.Max(1, 16384 / Math.Max(1, job.Columns)));
    }

    private protected override void SumCore(Tensor sum, Tensor input, float scale, bool accumulate)
    {
        var total = scale * SumInOrder(input, squares: false);
        var result = (float*)sum.Address;
        *result = (float)(accumulate ? *result + total : total);
    }

    /// <summary>Σ x or Σ x² in f64: chunks in parallel, then the chunks in their order.</summary>
    private double SumInOrder(Tensor input, bool squares)
    {
        var chunks = Chunks.Of(input.Count);
        var job = new SumJob
        {
            Input = (float*)input.Address,
            Partial = (double*)_rowScratch.Reserve(chunks * sizeof(double)),
            Squares = squares,
            Count = input.Count,
        };
        _threads.ForLanes(job, chunks, ChunkGrain);
        double total = 0;
        for (long i = 0; i < chunks; i++)
        {
            total += job.Partial[i];
        }

        return total;
    }
}
