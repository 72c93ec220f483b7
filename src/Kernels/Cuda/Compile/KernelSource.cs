namespace Inheritune.Kernels.Cuda;

/// <summary>The text of kernels.cu: part of this assembly, or a file of the developer's choice.</summary>
internal static class KernelSource
{
    /// <summary>Names another kernels.cu.</summary>
    public const string Variable = "INHERITUNE_KERNELS";

    /// <summary>Name in the compiler's messages.</summary>
    public const string FileName = "kernels.cu";

    private static readonly Lazy<string> Source = new(Load);

    /// <summary>The text.</summary>
    public static string Text => Source.Value;

    private static string Load()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
        {
            return File.Exists(path)
                ? File.ReadAllText(path)
                : throw new DeviceException($"{Variable}: '{path}': expected the path of a kernels.cu; no such file.");
        }

        using var stream = typeof(KernelSource).Assembly.GetManifestResourceStream(FileName)
            ?? throw new InvalidOperationException("kernels.cu is not part of this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
