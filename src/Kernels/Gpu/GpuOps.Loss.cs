using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void CrossEntropyForwardCore(
        Tensor losses, Tensor logits, Tensor targets, float scale, bool gradient, long vocabulary)
    {
        if (targets.Count == 0)
        {
            return;
        }

        var arguments = default(KernelArguments);
        arguments.AddValue(new CrossEntropyArguments
        {
            Losses = losses.Address,
            Logits = logits.Address,
            Targets = targets.Address,
            Columns = checked((int)logits.Shape.Columns),
            Vocabulary = (int)vocabulary,
            Scale = scale,
            Gradient = Flag(gradient),
        });
        RowsKernel("cross_entropy", logits.DType).Launch(
            new LaunchShape(targets.Count, RowsPlan.LossThreads(vocabulary, RowsPlan.Vector(logits.DType))), ref arguments);
    }

    private protected override void DistillationForwardBackwardCore(
        Tensor losses, Tensor divergences, Tensor logits, Tensor teacher, Tensor targets, in DistillationTerms terms)
    {
        if (targets.Count == 0)
        {
            return;
        }

        var arguments = default(KernelArguments);
        arguments.AddValue(new DistillationArguments
        {
            Losses = losses.Address,
            Divergences = divergences.Address,
            Logits = logits.Address,
            Teacher = teacher.Address,
            Targets = targets.Address,
            Columns = checked((int)logits.Shape.Columns),
            TeacherColumns = checked((int)teacher.Shape.Columns),
            Vocabulary = (int)terms.Vocabulary,
            Shared = (int)terms.Shared,
            Temperature = (float)terms.Temperature,
            Inverse = (float)(1 / terms.Temperature),
            Hard = (float)(terms.Scale * (1 - terms.Alpha)),
            Soft = (float)(terms.Scale * terms.Alpha * terms.Temperature),
        });
        RowsKernel("distillation", logits.DType).Launch(
            new LaunchShape(targets.Count, RowsPlan.Block), ref arguments);
    }

    private protected override void SumCore(Tensor sum, Tensor input, float scale, bool accumulate)
    {
        var blocks = SumInOrder(input, squares: false, out var partial);
        var arguments = default(KernelArguments);
        arguments.Add(sum);
        arguments.AddValue(partial);
        arguments.AddValue(blocks);
        arguments.AddValue(scale);
        arguments.AddValue(Flag(accumulate));
        RowsKernel("sum_final", AnyType).Launch(new LaunchShape(1, RowsPlan.Block), ref arguments);
    }

    /// <summary>Σ x or Σ x² by blocks, in f64; returns how many there are.</summary>
    private int SumInOrder(Tensor input, bool squares, out nint partial)
    {
        var blocks = RowsPlan.Partials(input.Count);
        partial = device.Scratch(RowsPlan.MostPartials * sizeof(double));
        var arguments = default(KernelArguments);
        arguments.AddValue(partial);
        arguments.Add(input);
        arguments.AddValue(input.Count);
        arguments.AddValue(Flag(squares));
        arguments.AddValue(IsWide(input));
        RowsKernel("sum_partial", input.DType).Launch(new LaunchShape(blocks, RowsPlan.Block), ref arguments);
        return blocks;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CrossEntropyArguments
    {
        public nint Losses, Logits, Targets;
        public int Columns, Vocabulary;
        public float Scale;
        public int Gradient;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct DistillationArguments
    {
        public nint Losses, Divergences, Logits, Teacher, Targets;
        public int Columns, TeacherColumns, Vocabulary, Shared;
        public float Temperature, Inverse, Hard, Soft;
    }
}
