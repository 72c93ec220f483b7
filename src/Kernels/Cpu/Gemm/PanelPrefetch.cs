using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// Brings the block that will be packed next into the second-level cache, some lines with every tile: the
/// tiles leave the memory idle, and a block is too many short rows for the processor to foresee.
/// </summary>
internal unsafe struct PanelPrefetch
{
    private const int LineFloats = 16;
    private float* _row;
    private long _rowStride, _rows, _lines, _line, _perTile;

    /// <summary>Starts on a block; what is left of the one before is dropped.</summary>
    /// <param name="source">Element 0 of step 0.</param>
    /// <param name="elementStride">Distance of elements.</param>
    /// <param name="stepStride">Distance of steps.</param>
    /// <param name="elements">Elements of a step.</param>
    /// <param name="steps">Steps of the block.</param>
    /// <param name="tiles">Tiles over which the work is spread.</param>
    public void Begin(
        float* source, long elementStride, long stepStride, long elements, long steps, long tiles)
    {
        var alongSteps = stepStride == 1;
        _row = source;
        _rowStride = alongSteps ? elementStride : stepStride;
        _rows = Sse.IsSupported ? alongSteps ? elements : steps : 0;
        _line = 0;

        // One more: rows begin anywhere in a line.
        _lines = (alongSteps ? steps : elements) / LineFloats + 1;
        _perTile = (_rows * _lines + tiles - 1) / Math.Max(1, tiles);
    }

    /// <summary>Nothing follows.</summary>
    public void End() => _rows = 0;

    /// <summary>The share of one tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next()
    {
        for (var i = 0L; i < _perTile && _rows > 0; i++)
        {
            Sse.Prefetch1(_row + _line * LineFloats);
            if (++_line == _lines)
            {
                _line = 0;
                _row += _rowStride;
                _rows--;
            }
        }
    }
}
