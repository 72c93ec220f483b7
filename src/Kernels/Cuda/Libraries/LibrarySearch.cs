using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cuda;

/// <summary>
/// Where the CUDA libraries may lie, best place first: a variable of the user, the system's loader by versioned name
/// (containers and Python wheels carry no other), CUDA_HOME and CUDA_PATH, /usr/local/cuda*, Python environments.
/// </summary>
internal sealed class LibrarySearch(Func<string, string?> environment)
{
    private static readonly int[] Majors = [13, 12];

    /// <summary>The variable that names a library's file, and turns the search off.</summary>
    public static string Variable(CudaLibrary library) => library switch
    {
        CudaLibrary.Driver => "INHERITUNE_CUDA_DRIVER",
        CudaLibrary.Nvrtc => "INHERITUNE_NVRTC",
        CudaLibrary.Cublas => "INHERITUNE_CUBLAS",
        _ => "INHERITUNE_CUBLASLT",
    };

    /// <summary>Loads the library from the first place that has it.</summary>
    public LoadedLibrary Find(CudaLibrary library)
    {
        var tries = new List<LibraryTry>();
        foreach (var candidate in Candidates(library))
        {
            // A path is tried only if the file is there: the loader would look a bare name up once more.
            var found = (!Path.IsPathRooted(candidate) || File.Exists(candidate))
                & NativeLibrary.TryLoad(candidate, out var handle);
            tries.Add(new LibraryTry(candidate, found));
            if (found)
            {
                return new LoadedLibrary(library, handle, LoadedPath(candidate), tries);
            }
        }

        return new LoadedLibrary(library, 0, "", tries);
    }

    /// <summary>Every place, in order.</summary>
    public IEnumerable<string> Candidates(CudaLibrary library)
    {
        if (environment(Variable(library)) is { Length: > 0 } chosen)
        {
            return [chosen];
        }

        var names = Names(library).ToArray();
        return library == CudaLibrary.Driver
            ? names
            : names.Concat(Folders().Distinct().SelectMany(folder => names.Select(name => Path.Combine(folder, name))));
    }

    /// <summary>
    /// Opens the library of NVRTC's built-in header beside it: NVRTC asks the loader for it by bare name, and the loader
    /// finds it only if it is open already or on the library path.
    /// </summary>
    public static unsafe void OpenBuiltins(LoadedLibrary nvrtc)
    {
        if (!Path.IsPathRooted(nvrtc.Path) || !NativeLibrary.TryGetExport(nvrtc.Handle, "nvrtcVersion", out var version))
        {
            return;
        }

        int major, minor;
        if (((delegate* unmanaged<int*, int*, int>)version)(&major, &minor) == 0)
        {
            var name = OperatingSystem.IsWindows()
                ? $"nvrtc-builtins64_{major}{minor}.dll"
                : $"libnvrtc-builtins.so.{major}.{minor}";
            _ = NativeLibrary.TryLoad(Path.Combine(Path.GetDirectoryName(nvrtc.Path)!, name), out _);
        }
    }

    private static IEnumerable<string> Names(CudaLibrary library)
    {
        if (OperatingSystem.IsWindows())
        {
            return library switch
            {
                CudaLibrary.Driver => ["nvcuda.dll"],
                CudaLibrary.Nvrtc => ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"],
                CudaLibrary.Cublas => ["cublas64_13.dll", "cublas64_12.dll"],
                _ => ["cublasLt64_13.dll", "cublasLt64_12.dll"],
            };
        }

        var stem = library switch
        {
            CudaLibrary.Nvrtc => "libnvrtc.so",
            CudaLibrary.Cublas => "libcublas.so",
            _ => "libcublasLt.so",
        };
        return library == CudaLibrary.Driver
            ? ["libcuda.so.1", "libcuda.so"]
            : Majors.Select(major => $"{stem}.{major}").Append(stem);
    }

    private IEnumerable<string> Folders()
    {
        foreach (var variable in (string[])["CUDA_HOME", "CUDA_PATH"])
        {
            if (environment(variable) is { Length: > 0 } home)
            {
                foreach (var folder in (string[])(OperatingSystem.IsWindows() ? ["bin", "bin/x64"] : ["lib64", "lib"]))
                {
                    yield return Path.Combine(home, folder);
                }
            }
        }

        foreach (var toolkit in Below("/usr/local", "cuda*").OrderByDescending(VersionOf))
        {
            yield return Path.Combine(toolkit, "lib64");
        }

        foreach (var packages in PythonPackages())
        {
            foreach (var part in Below(Path.Combine(packages, "nvidia"), "*").OrderDescending(StringComparer.Ordinal))
            {
                yield return Path.Combine(part, OperatingSystem.IsWindows() ? "bin" : "lib");
            }
        }
    }

    private IEnumerable<string> PythonPackages()
    {
        var home = environment("HOME");
        var roots = new[]
        {
            environment("VIRTUAL_ENV"), environment("CONDA_PREFIX"),
            string.IsNullOrEmpty(home) ? null : Path.Combine(home, ".local"), "/usr/local", "/usr",
        };
        foreach (var root in roots.Where(root => !string.IsNullOrEmpty(root)))
        {
            foreach (var python in Below(Path.Combine(root!, "lib"), "python3*").OrderDescending(StringComparer.Ordinal))
            {
                yield return Path.Combine(python, "site-packages");
                yield return Path.Combine(python, "dist-packages");
            }

            yield return Path.Combine(root!, "Lib", "site-packages");
        }
    }

    private static string[] Below(string folder, string pattern)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetDirectories(folder, pattern) : [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    // "cuda-12.10" is newer than "cuda-12.9"; plain "cuda" is the link that the administrator chose.
    private static Version VersionOf(string folder)
    {
        var name = Path.GetFileName(folder);
        var version = name["cuda".Length..].TrimStart('-');
        return version.Length == 0 ? new Version(int.MaxValue, 0)
            : Version.TryParse(version.Contains('.', StringComparison.Ordinal) ? version : version + ".0", out var parsed)
                ? parsed : new Version();
    }

    // A library that the loader found by name: the process's memory map knows its path.
    private static string LoadedPath(string candidate)
    {
        if (Path.IsPathRooted(candidate) || !OperatingSystem.IsLinux())
        {
            return candidate;
        }

        var line = File.ReadLines("/proc/self/maps")
            .FirstOrDefault(line => Path.GetFileName(line).StartsWith(candidate, StringComparison.Ordinal));
        return line is null ? candidate : line[line.IndexOf('/', StringComparison.Ordinal)..];
    }
}
