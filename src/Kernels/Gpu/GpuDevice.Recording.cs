using Inheritune.Kernels.Cuda;
using ManagedCuda.BasicTypes;
using Graphs = ManagedCuda.DriverAPINativeMethods.GraphManagment;
using Streams = ManagedCuda.DriverAPINativeMethods.Streams;

namespace Inheritune.Kernels.Gpu;

public sealed partial class GpuDevice
{
    private bool _isRecording;

    /// <summary>Operations are captured, not run.</summary>
    internal bool IsRecording => _isRecording;

    /// <inheritdoc/>
    public override DeviceRecording Record(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        RequireNoRecording(nameof(Record));
        MakeCurrent();

        // Relaxed: scratch memory that grows while recording is no error.
        CudaErrors.Check(Streams.cuStreamBeginCapture(_stream, CUstreamCaptureMode.Relaxed), nameof(Record));
        var graph = default(CUgraph);
        _isRecording = true;
        var isDone = false;
        try
        {
            work();
            isDone = true;
        }
        finally
        {
            _isRecording = false;
            var result = Streams.cuStreamEndCapture(_stream, ref graph);
            if (isDone)
            {
                CudaErrors.Check(result, nameof(Record));
            }
            else if (graph.Pointer != 0)
            {
                _ = Graphs.cuGraphDestroy(graph);
            }
        }

        var executable = default(CUgraphExec);
        var instantiated = Graphs.cuGraphInstantiate(ref executable, graph, 0);
        _ = Graphs.cuGraphDestroy(graph);
        CudaErrors.Check(instantiated, nameof(Record));
        return new GpuRecording(this, executable);
    }

    private void RequireNoRecording(string operation)
    {
        if (_isRecording)
        {
            throw new DeviceException(
                $"{operation} on {Name}: expected outside a recording. A recording holds operations only; move host data "
                + "before or after it.");
        }
    }
}
