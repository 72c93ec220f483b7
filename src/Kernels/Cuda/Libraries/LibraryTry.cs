namespace Inheritune.Kernels.Cuda;

/// <summary>One place where a library was looked for.</summary>
/// <param name="Path">Name or path given to the loader.</param>
/// <param name="Found">It was loaded.</param>
internal readonly record struct LibraryTry(string Path, bool Found);
