namespace Inheritune.Kernels.Cuda;

/// <summary>The result of a search.</summary>
/// <param name="Library">What was looked for.</param>
/// <param name="Handle">The loader's handle, 0 if nothing was found; never freed.</param>
/// <param name="Path">Where it lies, as far as known.</param>
/// <param name="Tries">Every place that was tried, in order.</param>
internal sealed record LoadedLibrary(CudaLibrary Library, nint Handle, string Path, IReadOnlyList<LibraryTry> Tries)
{
    public bool IsFound => Handle != 0;
}
