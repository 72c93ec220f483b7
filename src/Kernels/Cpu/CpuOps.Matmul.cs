using System.Numerics;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    private protected override void MatmulForwardCore(
        Tensor output, Tensor input, Tensor weight, Tensor? bias, Activation activation, Tensor? preActivation)
    {
        var (n, c, oc) = (input.Shape.Rows, input.Shape.Columns, weight.Shape[0]);
        var job = new ForwardJob((float*)output.Address, (float*)input.Address, (float*)weight.Address, bias is null ? null : (float*)bias.Address, c, oc);
        _threads.For(job, n, 1);
        if (preActivation is not null)
        {
            Copy(preActivation, output);
        }

        if (activation != Activation.None)
        {
            ActivationForward(output, output, activation);
        }
    }

    private protected override void MatmulBackwardInputCore(
        Tensor dInput, Tensor dOutput, Tensor weight, Activation activation, Tensor? preActivation, bool accumulate)
    {
        var (n, c, oc) = (dInput.Shape.Rows, dInput.Shape.Columns, weight.Shape[0]);
        var job = new BackwardInputJob((float*)dInput.Address, (float*)dOutput.Address, (float*)weight.Address, c, oc, accumulate);
        _threads.For(job, n, 1);
        if (activation != Activation.None)
        {
            ActivationBackward(dInput, dInput, preActivation!, activation);
        }
    }

    private protected override void MatmulBackwardWeightCore(
        Tensor dWeight, Tensor? dBias, Tensor dOutput, Tensor input, bool accumulate)
    {
        var (n, c, oc) = (input.Shape.Rows, input.Shape.Columns, dWeight.Shape[0]);
        var job = new BackwardWeightJob((float*)dWeight.Address, dBias is null ? null : (float*)dBias.Address, (float*)dOutput.Address, (float*)input.Address, n, c, oc, accumulate);
        _threads.For(job, oc, 1);
    }

    private readonly struct ForwardJob(float* y, float* x, float* w, float* b, long c, long oc) : IParallelJob
    {
        public void Run(long begin, long end, int thread)
        {
            for (var r = begin; r < end; r++)
            {
                for (long o = 0; o < oc; o++)
                {
                    var sum = Vector<float>.Zero;
                    long i = 0;
                    for (; i + Vector<float>.Count <= c; i += Vector<float>.Count)
                    {
                        sum += *(Vector<float>*)(x + r * c + i) * *(Vector<float>*)(w + o * c + i);
                    }

                    var s = Vector.Sum(sum);
                    for (; i < c; i++)
                    {
                        s += x[r * c + i] * w[o * c + i];
                    }

                    y[r * oc + o] = s + (b == null ? 0 : b[o]);
                }
            }
        }
    }

    private readonly struct BackwardInputJob(float* dx, float* dy, float* w, long c, long oc, bool accumulate) : IParallelJob
    {
        public void Run(long begin, long end, int thread)
        {
            for (var r = begin; r < end; r++)
            {
                var row = new Span<float>(dx + r * c, (int)c);
                if (!accumulate)
                {
                    row.Clear();
                }

                for (long o = 0; o < oc; o++)
                {
                    AddScaled(dx + r * c, w + o * c, dy[r * oc + o], c);
                }
            }
        }
    }

    private readonly struct BackwardWeightJob(float* dw, float* db, float* dy, float* x, long n, long c, long oc, bool accumulate) : IParallelJob
    {
        public void Run(long begin, long end, int thread)
        {
            for (var o = begin; o < end; o++)
            {
                var row = new Span<float>(dw + o * c, (int)c);
                if (!accumulate)
                {
                    row.Clear();
                }

                float sum = 0;
                for (long r = 0; r < n; r++)
                {
                    var g = dy[r * oc + o];
                    sum += g;
                    AddScaled(dw + o * c, x + r * c, g, c);
                }

                if (db != null)
                {
                    db[o] = accumulate ? db[o] + sum : sum;
                }
            }
        }
    }

    private static void AddScaled(float* y, float* x, float a, long count)
    {
        long i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            *(Vector<float>*)(y + i) += a * *(Vector<float>*)(x + i);
        }

        for (; i < count; i++)
        {
            y[i] += a * x[i];
        }
    }
}
