namespace Inheritune.Kernels;

/// <summary>
/// Operations recorded by <see cref="Device.Record"/>, to be run again as one. The tensors that they touched must
/// outlive it.
/// </summary>
public abstract class DeviceRecording : IDisposable
{
    /// <summary>Enqueues the recorded operations once.</summary>
    public abstract void Replay();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the recording.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
