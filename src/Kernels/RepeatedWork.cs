namespace Inheritune.Kernels;

/// <summary>The recording of a device that runs operations at once: it runs them again.</summary>
internal sealed class RepeatedWork(Action work) : DeviceRecording
{
    public override void Replay() => work();
}
