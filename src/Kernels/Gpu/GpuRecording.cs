using Inheritune.Kernels.Cuda;
using ManagedCuda.BasicTypes;
using Graphs = ManagedCuda.DriverAPINativeMethods.GraphManagment;

namespace Inheritune.Kernels.Gpu;

/// <summary>Operations captured as a graph: one launch runs all of them.</summary>
internal sealed class GpuRecording(GpuDevice device, CUgraphExec executable) : DeviceRecording
{
    private CUgraphExec _executable = executable;

    public override void Replay()
    {
        ObjectDisposedException.ThrowIf(_executable.Pointer == 0, this);
        device.MakeCurrent();
        device.CheckWait(Graphs.cuGraphLaunch(_executable, device.StreamHandle), nameof(Replay));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _executable.Pointer != 0)
        {
            device.MakeCurrent();
            _ = Graphs.cuGraphExecDestroy(_executable);
            _executable = default;
        }

        base.Dispose(disposing);
    }
}
