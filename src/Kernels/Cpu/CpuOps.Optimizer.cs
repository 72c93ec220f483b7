using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    private protected override void GradientNormCore(Tensor norm, Tensor gradient, float maxNorm)
    {
        var value = Math.Sqrt(SumInOrder(gradient, squares: true));
        var result = (float*)norm.Address;
        result[0] = (float)value;

        // NOTE: Math.Min hands a NaN on, so a diverged run stays visible in the weights as well as in the norm.
        result[1] = maxNorm > 0 ? (float)Math.Min(1, maxNorm / (value + 1e-6)) : 1f;
    }

    private protected override void AdamWCore(
        Tensor weight, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor norm, in AdamWStep step,
        Tensor? copy)
    {
        var correction1 = 1 - Math.Pow(step.Beta1, step.Step);
        var correction2 = 1 - Math.Pow(step.Beta2, step.Step);
        var job = new AdamWJob
        {
            Weight = (float*)weight.Address,
            FirstMoment = (float*)firstMoment.Address,
            SecondMoment = (float*)secondMoment.Address,
            Gradient = (float*)gradient.Address,
            GradientFactor = ((float*)norm.Address)[1],
            Decay = (float)(1 - step.LearningRate * step.WeightDecay),
            Beta1 = (float)step.Beta1,
            OneMinusBeta1 = (float)(1 - step.Beta1),
            Beta2 = (float)step.Beta2,
            OneMinusBeta2 = (float)(1 - step.Beta2),
            Eps = (float)step.Eps,
            StepSize = (float)(step.LearningRate / correction1),
            InverseRootCorrection2 = (float)(1 / Math.Sqrt(correction2)),
            Count = weight.Count,
        };
        _threads.ForLanes(job, Chunks.Of(job.Count), ChunkGrain);
    }
}
