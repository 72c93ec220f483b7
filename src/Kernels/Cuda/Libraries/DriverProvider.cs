namespace Inheritune.Kernels.Cuda;

/// <summary>Who answers the driver's calls in this process.</summary>
internal enum DriverProvider
{
    /// <summary>NVIDIA's driver.</summary>
    Gpu,

    /// <summary>The emulator.</summary>
    Simt,

    /// <summary>The emulator with instrumented kernels.</summary>
    SimtChecked,
}
