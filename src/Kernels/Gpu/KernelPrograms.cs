namespace Inheritune.Kernels.Gpu;

/// <summary>The specialisations that are checked on every architecture and built into the emulator.</summary>
internal static class KernelPrograms
{
    /// <summary>Head sizes of the models that have presets.</summary>
    public static readonly IReadOnlyList<int> HeadSizes = [64, 80, 96, 100, 128];

    /// <summary>Compiled and checked for each of these.</summary>
    public static readonly IReadOnlyList<int> Architectures = [80, 89, 90, 100, 120];

    /// <summary>Every program, in both element types.</summary>
    public static IReadOnlyList<KernelProgram> All { get; } =
    [
        new(ProgramKind.Rows, true, 0),
        new(ProgramKind.Rows, false, 0),
        new(ProgramKind.Gemm, true, 0),
        new(ProgramKind.Gemm, false, 0),
        .. HeadSizes.SelectMany(size => (KernelProgram[])
        [
            new(ProgramKind.Attention, true, size), new(ProgramKind.Attention, false, size),
        ]),
    ];
}
