using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cuda;

/// <summary>The emulator's library: it exports the driver's names, and its own that begin with simt_.</summary>
internal static class SimtLibrary
{
    /// <summary>Names the emulator's file, and turns the search off.</summary>
    public const string Variable = "SIMT_LIBRARY";

    /// <summary>Every place where the library may lie, in order.</summary>
    public static IEnumerable<string> Candidates(bool isChecked, Func<string, string?> environment)
    {
        if (environment(Variable) is { Length: > 0 } chosen)
        {
            return [chosen];
        }

        var name = isChecked ? "libsimt_cuda_checked.so" : "libsimt_cuda.so";
        return
        [
            Path.Combine(AppContext.BaseDirectory, name),
            Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", name),
        ];
    }

    /// <summary>True if a library file is there, be it loadable or not.</summary>
    public static bool Exists(bool isChecked) =>
        Candidates(isChecked, Environment.GetEnvironmentVariable).Any(File.Exists);

    /// <summary>Loads the library from the first place that has it.</summary>
    public static (nint Handle, IReadOnlyList<LibraryTry> Tries) Load(bool isChecked)
    {
        var tries = new List<LibraryTry>();
        foreach (var candidate in Candidates(isChecked, Environment.GetEnvironmentVariable))
        {
            var found = NativeLibrary.TryLoad(candidate, out var handle);
            tries.Add(new LibraryTry(candidate, found));
            if (found)
            {
                return (handle, tries);
            }
        }

        return (0, tries);
    }
}
