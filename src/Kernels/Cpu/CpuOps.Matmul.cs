using Inheritune.Kernels.Cpu.Gemm;
using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    private readonly MatrixProduct _product = new(device.Threads);

    /// <summary>The vectors of the matrix product; set by tests only.</summary>
    internal GemmPath GemmPath
    {
        get => _product.Path;
        set => _product.Path = value;
    }

    private protected override void MatmulForwardCore(
        Tensor output, Tensor input, Tensor weight, Tensor? bias, Activation activation,
        Tensor? preActivation)
    {
        var (n, c, oc) = (input.Shape.Rows, input.Shape.Columns, weight.Shape[0]);
        var finish = new GemmFinish
        {
            Bias = Address(bias),
            Saved = Address(preActivation),
            Activation = activation,
        };
        if (n <= RowProductLimits.MaxRows && GemmPath == GemmPath.Vector512)
        {
            RowProduct<Lanes16>(output, input, weight, finish);
            return;
        }

        if (n <= RowProductLimits.MaxRows && GemmPath == GemmPath.Vector256)
        {
            RowProduct<Lanes8>(output, input, weight, finish);
            return;
        }

        _product.Run(
            (float*)output.Address, GemmOperand.RowMajor(input), GemmOperand.RowMajor(weight).Transposed, n,
            oc, c, finish,
            accumulate: false);
    }

    private protected override void MatmulBackwardInputCore(
        Tensor dInput, Tensor dOutput, Tensor weight, Activation activation, Tensor? preActivation,
        bool accumulate)
    {
        var (n, c, oc) = (dInput.Shape.Rows, dInput.Shape.Columns, weight.Shape[0]);
        var finish = activation == Activation.None
            ? default
            : new GemmFinish { Argument = Address(preActivation), Activation = activation };
        _product.Run(
            (float*)dInput.Address, GemmOperand.RowMajor(dOutput), GemmOperand.RowMajor(weight), n, c, oc,
            finish,
            accumulate);
    }

    private protected override void MatmulBackwardWeightCore(
        Tensor dWeight, Tensor? dBias, Tensor dOutput, Tensor input, bool accumulate)
    {
        var (n, c, oc) = (input.Shape.Rows, input.Shape.Columns, dWeight.Shape[0]);
        _product.Run(
            (float*)dWeight.Address, GemmOperand.RowMajor(dOutput).Transposed, GemmOperand.RowMajor(input),
            oc, c, n,
            default, accumulate);
        if (dBias is not null)
        {
            var job = new ColumnSumJob
            {
                Output = (float*)dBias.Address,
                Input = (float*)dOutput.Address,
                Rows = n,
                Columns = oc,
                Accumulate = accumulate,
            };
            _threads.For(job, (oc + ColumnSumJob.ItemColumns - 1) / ColumnSumJob.ItemColumns, 1);
        }
    }

    private void RowProduct<TLanes>(Tensor output, Tensor input, Tensor weight, in GemmFinish finish)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var job = new RowProductJob<TLanes>
        {
            Output = (float*)output.Address,
            Input = (float*)input.Address,
            Weight = (float*)weight.Address,
            N = input.Shape.Rows,
            C = input.Shape.Columns,
            OC = weight.Shape[0],
            Finish = finish,
        };
        _threads.For(job, (job.OC + RowProductJob<TLanes>.ItemColumns - 1) / RowProductJob<TLanes>.ItemColumns, 1);
    }
}
