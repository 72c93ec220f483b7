using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    private protected override void ActivationForwardCore(Tensor output, Tensor input, Activation activation)
    {
        switch (activation)
        {
            case Activation.GeluTanh: ActivationForward<GeluTanhFunction>(output, input); break;
            case Activation.GeluErf: ActivationForward<GeluErfFunction>(output, input); break;
            case Activation.Relu: ActivationForward<ReluFunction>(output, input); break;
            case Activation.Silu: ActivationForward<SiluFunction>(output, input); break;
            default: ActivationForward<IdentityFunction>(output, input); break;
        }
    }

    private protected override void ActivationBackwardCore(
        Tensor dInput, Tensor dOutput, Tensor input, Activation activation)
    {
        switch (activation)
        {
            case Activation.GeluTanh: ActivationBackward<GeluTanhFunction>(dInput, dOutput, input); break;
            case Activation.GeluErf: ActivationBackward<GeluErfFunction>(dInput, dOutput, input); break;
            case Activation.Relu: ActivationBackward<ReluFunction>(dInput, dOutput, input); break;
            case Activation.Silu: ActivationBackward<SiluFunction>(dInput, dOutput, input); break;
            default: ActivationBackward<IdentityFunction>(dInput, dOutput, input); break;
        }
    }

    private protected override void GatedForwardCore(Tensor output, Tensor gateUp, Activation activation)
    {
        switch (activation)
        {
            case Activation.GeluTanh: GatedForward<GeluTanhFunction>(output, gateUp); break;
            case Activation.GeluErf: GatedForward<GeluErfFunction>(output, gateUp); break;
            case Activation.Relu: GatedForward<ReluFunction>(output, gateUp); break;
            case Activation.Silu: GatedForward<SiluFunction>(output, gateUp); break;
            default: GatedForward<IdentityFunction>(output, gateUp); break;
        }
    }

    private protected override void GatedBackwardCore(
        Tensor dGateUp, Tensor dOutput, Tensor gateUp, Activation activation)
    {
        switch (activation)
        {
            case Activation.GeluTanh: GatedBackward<GeluTanhFunction>(dGateUp, dOutput, gateUp); break;
            case Activation.GeluErf: GatedBackward<GeluErfFunction>(dGateUp, dOutput, gateUp); break;
            case Activation.Relu: GatedBackward<ReluFunction>(dGateUp, dOutput, gateUp); break;
            case Activation.Silu: GatedBackward<SiluFunction>(dGateUp, dOutput, gateUp); break;
            default: GatedBackward<IdentityFunction>(dGateUp, dOutput, gateUp); break;
        }
    }

    private void ActivationForward<TActivation>(Tensor output, Tensor input)
        where TActivation : unmanaged, IActivation
    {
        var job = new ActivationForwardJob<TActivation>
        {
            Output = (float*)output.Address,
            Input = (float*)input.Address,
            Count = input.Count,
        };
        _threads.ForLanes(job, Chunks.Of(job.Count), 4);
    }

    private void ActivationBackward<TActivation>(Tensor dInput, Tensor dOutput, Tensor input)
        where TActivation : unmanaged, IActivation
    {
        var job = new ActivationBackwardJob<TActivation>
        {
            DInput = (float*)dInput.Address,
            DOutput = (float*)dOutput.Address,
            Input = (float*)input.Address,
            Count = input.Count,
        };
        _threads.ForLanes(job, Chunks.Of(job.Count), 4);
    }

    private void GatedForward<TActivation>(Tensor output, Tensor gateUp)
        where TActivation : unmanaged, IActivation
    {
        var job = new GatedForwardJob<TActivation>
        {
            Output = (float*)output.Address,
            GateUp = (float*)gateUp.Address,
            F = output.Shape.Columns,
        };
        _threads.ForLanes(job, output.Shape.Rows, RowGrain(job.F));
    }

    private void GatedBackward<TActivation>(Tensor dGateUp, Tensor dOutput, Tensor gateUp)
        where TActivation : unmanaged, IActivation
    {
        var job = new GatedBackwardJob<TActivation>
        {
            DGateUp = (float*)dGateUp.Address,
            DOutput = (float*)dOutput.Address,
            GateUp = (float*)gateUp.Address,
            F = dOutput.Shape.Columns,
        };
        _threads.ForLanes(job, dOutput.Shape.Rows, RowGrain(job.F));
    }

    /// <summary>Rows handed out at a time: about 16 Ki elements.</summary>
    private static long RowGrain(long columns) => Math.Max(1, 16384 / Math.Max(1, columns));
}
