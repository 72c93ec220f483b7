using Inheritune.Kernels.Gpu;

namespace Inheritune.Kernels.Cuda;

/// <summary>The text of kernels.cu: part of this assembly, or a file of the developer's choice.</summary>
internal static class KernelSource
{
    /// <summary>Names another kernels.cu.</summary>
    public const string Variable = "INHERITUNE_KERNELS";

    /// <summary>Name in the compiler's messages.</summary>
    public const string FileName = "kernels.cu";

    private const string GoldenName = "golden.cu";

    private static readonly Lazy<string> Source = new(Load);
    private static readonly Lazy<string> GoldenSource = new(() => Resource(GoldenName));

    /// <summary>The text.</summary>
    public static string Text => Source.Value;

    /// <summary>The text of golden.cu.</summary>
    public static string Golden => GoldenSource.Value;

    /// <summary>What is compiled for a program.</summary>
    public static string Of(in KernelProgram program) => program.Kind == ProgramKind.Golden ? Text + Golden : Text;

    private static string Load()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
        {
            return File.Exists(path)
                ? File.ReadAllText(path)
                : throw new DeviceException($"{Variable}: '{path}': expected the path of a kernels.cu; no such file.");
        }

        return Resource(FileName);
    }

    private static string Resource(string name)
    {
        using var stream = typeof(KernelSource).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not part of this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
