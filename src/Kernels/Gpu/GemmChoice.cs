namespace Inheritune.Kernels.Gpu;

/// <summary>Who computes the matrix products of a GPU.</summary>
internal enum GemmChoice
{
    /// <summary>cuBLASLt where it is installed, else the engine's own kernels.</summary>
    Auto,

    /// <summary>The engine's own kernels.</summary>
    Own,

    /// <summary>cuBLASLt; an error if it is missing.</summary>
    CublasLt,
}

/// <summary>How the choice is written.</summary>
internal static class GemmChoices
{
    /// <summary>Environment variable that decides.</summary>
    public const string Variable = "INHERITUNE_GEMM";

    /// <summary>The choice of the environment; <see cref="GemmChoice.Auto"/> without the variable.</summary>
    /// <exception cref="DeviceException">The variable holds another word.</exception>
    public static GemmChoice FromEnvironment() => Parse(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Reads "own", "cublaslt" or "auto".</summary>
    public static GemmChoice Parse(string? text) => text switch
    {
        null or "" or "auto" => GemmChoice.Auto,
        "own" => GemmChoice.Own,
        "cublaslt" => GemmChoice.CublasLt,
        _ => throw new DeviceException($"--gemm or {Variable}: '{text}': expected auto, own or cublaslt."),
    };
}
