using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Inheritune.Kernels.Cuda;

/// <summary>
/// The libraries behind the bindings. Who provides the driver is chosen once per process, before the first call: a
/// binding that was bound stays bound. Libraries are never freed.
/// </summary>
internal static class NativeLibraries
{
    /// <summary>Name of the emulator in this assembly's own bindings.</summary>
    public const string Simt = "simt_cuda";

    private static readonly Lock Gate = new();
    private static readonly Dictionary<CudaLibrary, LoadedLibrary> Loaded = [];
    private static bool _hooked;
    private static nint _simt;
    private static DriverProvider? _provider;

    /// <summary>Who provides the driver, null while nobody was chosen.</summary>
    public static DriverProvider? Provider
    {
        get
        {
            lock (Gate)
            {
                return _provider;
            }
        }
    }

    /// <summary>Chooses who provides the driver, and loads it.</summary>
    /// <exception cref="DeviceException">The library is not there, or this process has chosen otherwise.</exception>
    public static void Choose(DriverProvider provider)
    {
        lock (Gate)
        {
            if (_provider == provider)
            {
                return;
            }

            if (_provider is not null)
            {
                throw new DeviceException(
                    $"--device: {NameOf(provider)}: this process already uses {NameOf(_provider.Value)}, and one process "
                    + "has one driver. Start another process.");
            }

            if (provider == DriverProvider.Gpu)
            {
                var driver = Find(CudaLibrary.Driver);
                if (!driver.IsFound)
                {
                    throw new DeviceException(CudaErrors.NoDriver(driver));
                }
            }
            else
            {
                var (handle, tries) = SimtLibrary.Load(provider == DriverProvider.SimtChecked);
                _simt = handle != 0 ? handle : throw new DeviceException(CudaErrors.NoSimt(provider, tries));
            }

            Hook();
            _provider = provider;
        }
    }

    /// <summary>Searches for a library, once.</summary>
    public static LoadedLibrary Find(CudaLibrary library)
    {
        lock (Gate)
        {
            if (!Loaded.TryGetValue(library, out var found))
            {
                Hook();
                found = new LibrarySearch(Environment.GetEnvironmentVariable).Find(library);
                Loaded.Add(library, found);
                if (library == CudaLibrary.Nvrtc && found.IsFound)
                {
                    LibrarySearch.OpenBuiltins(found);
                }
            }

            return found;
        }
    }

    private static string NameOf(DriverProvider provider) => provider switch
    {
        DriverProvider.Gpu => "the CUDA driver",
        DriverProvider.Simt => "simt",
        _ => "simt:checked",
    };

    private static void Hook()
    {
        if (_hooked)
        {
            return;
        }

        // This assembly's bindings; and ManagedCuda's, whose own resolver asks here for what it does not find.
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, (name, _, _) => Resolve(name));
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += ResolveForOthers;
        _hooked = true;
    }

    private static nint ResolveForOthers(Assembly assembly, string name) =>
        assembly.GetName().Name?.Contains("Cuda", StringComparison.OrdinalIgnoreCase) == true ? Resolve(name) : 0;

    private static nint Resolve(string name)
    {
        if (name == Simt)
        {
            return _simt;
        }

        CudaLibrary? library =
            name.Contains("cublasLt", StringComparison.OrdinalIgnoreCase) ? CudaLibrary.CublasLt
            : name.Contains("cublas", StringComparison.OrdinalIgnoreCase) ? CudaLibrary.Cublas
            : name.Contains("nvrtc", StringComparison.OrdinalIgnoreCase) ? CudaLibrary.Nvrtc
            : name.Contains("cuda", StringComparison.OrdinalIgnoreCase) ? CudaLibrary.Driver
            : null;
        return library is null ? 0
            : library == CudaLibrary.Driver && _provider is DriverProvider.Simt or DriverProvider.SimtChecked ? _simt
            : Find(library.Value).Handle;
    }
}
