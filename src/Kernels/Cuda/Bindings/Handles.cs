namespace ManagedCuda.BasicTypes;

// The driver's handles: each a struct around one field, so that a stream cannot be passed as an event.

internal struct CUdevice
{
    public int Pointer;
}

internal struct CUcontext
{
    public IntPtr Pointer;
}

internal struct CUmodule
{
    public IntPtr Pointer;
}

internal struct CUfunction
{
    public IntPtr Pointer;
}

internal struct CUstream
{
    public IntPtr Pointer;
}

internal struct CUevent
{
    public IntPtr Pointer;
}

internal struct CUgraph
{
    public IntPtr Pointer;
}

internal struct CUgraphExec
{
    public IntPtr Pointer;
}

/// <summary>A device address: a 64-bit integer to C, not a pointer.</summary>
internal struct CUdeviceptr
{
    public SizeT Pointer;
}
