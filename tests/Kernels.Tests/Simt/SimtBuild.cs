namespace Kernels.Tests.Simt;

/// <summary>Where CMake has put the emulator's libraries and test programs.</summary>
internal static class SimtBuild
{
    public static string Root { get; } = FindRoot();

    public static string Folder => Path.Combine(Root, "src", "Kernels", "obj", "simt");

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Inheritune.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Inheritune.sln: not found above the tests.");
    }
}
