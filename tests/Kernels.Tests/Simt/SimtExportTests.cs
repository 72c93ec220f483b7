using System.Reflection;
using System.Runtime.InteropServices;
using Inheritune.Kernels;

namespace Kernels.Tests.Simt;

/// <summary>The emulator stands in for the driver: whatever the bindings declare, it exports.</summary>
public sealed class SimtExportTests
{
    /// <summary>Functions that the emulator does not have, and why.</summary>
    private static readonly Dictionary<string, string> Unsupported = new()
    {
        ["nvrtcGetPTX"] = "there is no PTX",
        ["nvrtcGetPTXSize"] = "there is no PTX",
    };

    [Theory]
    [InlineData("libsimt_cuda.so")]
    [InlineData("libsimt_cuda_checked.so")]
    public void Bindings_OfTheDriver_AreExported(string name)
    {
        var path = Path.Combine(SimtBuild.Folder, name);
        Assert.SkipUnless(File.Exists(path), "the emulator is not built: needs CMake and a C++ compiler");
        var library = NativeLibrary.Load(path);

        var missing = EntryPoints().Where(entry => !NativeLibrary.TryGetExport(library, entry, out _)).ToList();

        Assert.Equal(Unsupported.Keys.Order(), missing.Order());
        Assert.True(EntryPoints().Count() > 50, "the bindings were not found");
    }

    /// <summary>Names that the assembly imports from the driver, from NVRTC or from the emulator itself.</summary>
    private static IEnumerable<string> EntryPoints() =>
        typeof(Device).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(
                BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (method.Name, Import: method.GetCustomAttribute<LibraryImportAttribute>()))
            .Where(m => m.Import is not null)
            .Select(m => m.Import!.EntryPoint ?? m.Name)
            .Where(entry => entry.StartsWith("cu", StringComparison.Ordinal) && !entry.StartsWith("cublas", StringComparison.Ordinal)
                || entry.StartsWith("simt_", StringComparison.Ordinal) || entry.StartsWith("nvrtc", StringComparison.Ordinal))
            .Distinct();
}
