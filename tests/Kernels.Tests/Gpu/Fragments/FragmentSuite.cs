using System.Runtime.InteropServices;
using Inheritune.Kernels;
using Inheritune.Kernels.Cuda;
using Inheritune.Kernels.Gpu;

namespace Kernels.Tests.Gpu.Fragments;

/// <summary>
/// Every wrapper of an instruction, by itself: against what its documentation says, and against what a GPU answered. On
/// a GPU, RECORD_FRAGMENTS=1 writes the answers to tests/fixtures/simt.
/// </summary>
public abstract class FragmentSuite : DeviceSuite
{
    private const string Record = "RECORD_FRAGMENTS";
    private static readonly KernelProgram Program = new(ProgramKind.Golden, true, 0);

    public static TheoryData<string> Names => new(FragmentList.All.Keys.Order(StringComparer.Ordinal));

    private GpuDevice Gpu => (GpuDevice)Device;

    [Theory]
    [MemberData(nameof(Names))]
    public void Wrapper_OnTheDevice_DoesWhatIsDocumented(string name)
    {
        var fragment = FragmentList.All[name];
        RequireCapability(fragment);

        foreach (var (way, output) in Outputs(fragment))
        {
            TestContext.Current.TestOutputHelper?.WriteLine(
                fragment.Tolerance is null ? way : $"{way}: worst relative error {fragment.WorstError(output):e2}");
            Assert.True(fragment.Difference(fragment.Expected, output) is null,
                $"{way}: {fragment.Difference(fragment.Expected, output)}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Wrapper_OnTheDevice_DoesWhatAGpuDid(string name)
    {
        var fragment = FragmentList.All[name];
        RequireCapability(fragment);
        var path = FragmentRecording.PathOf(FragmentRecording.Folder, name);
        if (!Gpu.Properties.IsEmulated && Environment.GetEnvironmentVariable(Record) == "1")
        {
            new FragmentRecording(
                Gpu.Properties.Name, $"{DriverProbe.Machine.DriverVersion}", $"{Nvrtc.Version}", fragment.Blocks,
                fragment.Threads, fragment.Input, Run(fragment)).Write(path);
        }

        Assert.SkipUnless(File.Exists(path), $"no recording yet: run with {Record}=1 on a GPU");
        var recording = FragmentRecording.Read(path);
        Assert.True(
            recording.Blocks == fragment.Blocks && recording.Threads == fragment.Threads
            && recording.Input.AsSpan().SequenceEqual(fragment.Input),
            $"{path}: the recording is of other inputs. Record it again: {Record}=1 on a GPU.");

        foreach (var (way, output) in Outputs(fragment))
        {
            Assert.True(fragment.Difference(recording.Output, output) is null,
                $"{way}, recorded on {recording.Machine}: {fragment.Difference(recording.Output, output)}");
        }
    }

    // On the emulator in every schedule, on a GPU once.
    private IEnumerable<(string Way, uint[] Output)> Outputs(Fragment fragment)
    {
        if (!Gpu.Properties.IsEmulated)
        {
            yield return (Gpu.Properties.Name, Run(fragment));
            yield break;
        }

        foreach (var schedule in SimtSchedule.All(Seed))
        {
            Device.Synchronize();
            schedule.Apply();
            yield return (schedule.Name, Run(fragment));
        }
    }

    private uint[] Run(Fragment fragment)
    {
        var input = Words(fragment.Input);
        var output = Guarded(DType.I32, fragment.Expected.Length);
        var arguments = default(KernelArguments);
        arguments.Add(output);
        arguments.Add(input);
        if (fragment.Matrix is { } matrix)
        {
            arguments.AddValue(TensorMap.For(
                input.Address + matrix.Word * sizeof(uint), matrix.Rows, matrix.Columns, FragmentList.BoxRows));
        }

        Gpu.Kernel($"golden_{fragment.Kernel}", Program).Launch(
            new LaunchShape(fragment.Blocks, fragment.Threads, fragment.SharedBytes), ref arguments);
        var words = new uint[fragment.Expected.Length];
        Device.ReadToHost(MemoryMarshal.AsBytes(words.AsSpan()), output.Memory, output.ByteOffset);
        return words;
    }

    private Tensor Words(uint[] words)
    {
        var tensor = Guarded(DType.I32, words.Length);
        tensor.Upload<int>(MemoryMarshal.Cast<uint, int>(words.AsSpan()));
        return tensor;
    }

    private void RequireCapability(Fragment fragment) => Assert.SkipWhen(
        fragment.IsHopper && (Gpu.Properties.ComputeMajor, Gpu.Properties.ComputeMinor) != (9, 0),
        "needs a GPU of compute capability 9.0");
}
