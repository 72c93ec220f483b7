namespace Inheritune.Kernels.Cuda;

/// <summary>What a compilation gave.</summary>
/// <param name="IsCompiled">False if the text has errors: then the log says which.</param>
/// <param name="Image">Machine code, or PTX with its closing NUL where the compiler does not know the GPU.</param>
/// <param name="Log">The compiler's messages.</param>
internal sealed record NvrtcResult(bool IsCompiled, byte[] Image, string Log);
