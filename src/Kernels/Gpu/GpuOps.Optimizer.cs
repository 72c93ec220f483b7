using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private const int AdamWElements = 8;

    private protected override void GradientNormCore(Tensor norm, Tensor gradient, float maxNorm)
    {
        var blocks = SumInOrder(gradient, squares: true, out var partial);
        var arguments = default(KernelArguments);
        arguments.Add(norm);
        arguments.AddValue(partial);
        arguments.AddValue(blocks);
        arguments.AddValue(maxNorm);
        RowsKernel("gradient_norm", AnyType).Launch(new LaunchShape(1, RowsPlan.Block), ref arguments);
    }

    private protected override void AdamWCore(
        Tensor weight, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor norm, in AdamWStep step,
        Tensor? copy)
    {
        if (weight.Count == 0)
        {
            return;
        }

        var isStochastic = weight.DType == DType.BF16;
        var isAligned = !isStochastic || step.FirstElement % AdamWElements == 0;
        var arguments = default(KernelArguments);
        arguments.Add(weight);
        arguments.AddValue(new AdamWArguments
        {
            FirstMoment = firstMoment.Address,
            SecondMoment = secondMoment.Address,
            Gradient = gradient.Address,
            Norm = norm.Address,
            Copy = Address(copy),
            N = weight.Count,
            Decay = (float)(1 - step.LearningRate * step.WeightDecay),
            Beta1 = (float)step.Beta1,
            OneMinusBeta1 = (float)(1 - step.Beta1),
            Beta2 = (float)step.Beta2,
            OneMinusBeta2 = (float)(1 - step.Beta2),
            Eps = (float)step.Eps,
            StepSize = (float)(step.LearningRate / (1 - Math.Pow(step.Beta1, step.Step))),
            Root = (float)(1 / Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step))),
            Seed = step.Seed,
            Step = (ulong)step.Step,
            First = (ulong)step.FirstElement,
            Wide = isAligned ? IsWide(weight, firstMoment, secondMoment, gradient, copy) : 0,
        });
        RowsKernel(isStochastic ? "adamw_stochastic" : "adamw", gradient.DType).Launch(
            RowsPlan.Elements(weight.Count, AdamWElements, Multiprocessors), ref arguments);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AdamWArguments
    {
        public nint FirstMoment, SecondMoment, Gradient, Norm, Copy;
        public long N;
        public float Decay, Beta1, OneMinusBeta1, Beta2, OneMinusBeta2, Eps, StepSize, Root;
        public ulong Seed, Step, First;
        public int Wide;
    }
}
