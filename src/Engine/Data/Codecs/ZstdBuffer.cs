using System.Runtime.InteropServices;

namespace Inheritune.Engine.Data.Codecs;

/// <summary>ZSTD_inBuffer and ZSTD_outBuffer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ZstdBuffer
{
    /// <summary>First byte.</summary>
    public nint Start;

    /// <summary>Bytes.</summary>
    public nuint Size;

    /// <summary>Bytes used.</summary>
    public nuint Position;
}
