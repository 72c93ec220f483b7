using Inheritune.Kernels;
using Inheritune.Kernels.Cuda;

namespace Kernels.Tests.Cuda;

public sealed class LibrarySearchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("library-search").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Candidates_Order_IsVariableLoaderToolkitPython()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names of Linux");
        Directory.CreateDirectory(Path.Combine(_folder, "lib", "python3.12", "site-packages", "nvidia", "cu13", "lib"));
        var search = Search(("CUDA_HOME", "/opt/cuda"), ("VIRTUAL_ENV", _folder));

        var candidates = search.Candidates(CudaLibrary.Nvrtc).ToList();

        Assert.Equal(
            ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so", "/opt/cuda/lib64/libnvrtc.so.13"], candidates.Take(4));
        Assert.Contains(
            Path.Combine(_folder, "lib", "python3.12", "site-packages", "nvidia", "cu13", "lib", "libnvrtc.so.13"), candidates);
        Assert.Equal(
            ["/mine/libnvrtc.so"], Search(("INHERITUNE_NVRTC", "/mine/libnvrtc.so")).Candidates(CudaLibrary.Nvrtc));
    }

    [Fact]
    public void Find_NothingThere_ListsEveryTry()
    {
        var found = Search(("INHERITUNE_CUBLAS", "libno-such-thing.so.7")).Find(CudaLibrary.Cublas);

        Assert.False(found.IsFound);
        Assert.Equal([new LibraryTry("libno-such-thing.so.7", false)], found.Tries);
    }

    [Fact]
    public void Find_FileThatIsNoLibrary_IsNotFound()
    {
        var file = Path.Combine(_folder, "libcuda.so.1");
        File.WriteAllText(file, "no library");

        Assert.False(Search(("INHERITUNE_CUDA_DRIVER", file)).Find(CudaLibrary.Driver).IsFound);
    }

    [Fact]
    public void Probe_NoDriver_SaysSo()
    {
        var driver = Search(("INHERITUNE_CUDA_DRIVER", "libno-such-driver.so.1")).Find(CudaLibrary.Driver);

        Assert.Equal(new DriverProbe(0, null, "no CUDA driver found"), DriverProbe.Run(driver));
        Assert.Equal(
            "--device: cuda: no CUDA driver found (tried libno-such-driver.so.1). Install NVIDIA's driver for the GPU, or use "
            + "--device cpu; in a container, start it with the GPU (docker run --gpus all).",
            CudaErrors.NoDriver(driver));
    }

    [Fact]
    public void Probe_LibraryThatIsNoDriver_SaysSo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a library of Linux");
        var driver = Search(("INHERITUNE_CUDA_DRIVER", "libm.so.6")).Find(CudaLibrary.Driver);

        Assert.EndsWith("is no CUDA driver", DriverProbe.Run(driver).Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Architecture_OldGpu_IsRefused() =>
        Assert.StartsWith(
            "--device: this GPU has compute capability 7.5: expected 8.0 or newer (Ampere)",
            Assert.Throws<DeviceException>(() => GpuArchitecture.Choose(7, 5, [75, 80])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void NoSimt_Text_NamesThePlaces() =>
        Assert.Equal(
            "--device: simt: the emulator's library was not found (tried /a/libsimt_cuda.so). It is built with the project where "
            + "CMake and a C++ compiler are present; SIMT_LIBRARY names another file.",
            CudaErrors.NoSimt(DriverProvider.Simt, [new LibraryTry("/a/libsimt_cuda.so", false)]));

    private static LibrarySearch Search(params (string Name, string Value)[] variables) =>
        new(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
