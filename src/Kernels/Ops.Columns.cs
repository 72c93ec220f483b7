namespace Inheritune.Kernels;

public abstract partial class Ops
{
    /// <summary>Copies a band of columns: y[n, o + c] = x[n, i + c] for c &lt; columns; the rest of y stays.</summary>
    /// <param name="output">y, (N, OC). The band is overwritten.</param>
    /// <param name="outputColumn">o, first column of the band in y.</param>
    /// <param name="input">x, (N, C), element type of <paramref name="output"/>, not the same place. Read.</param>
    /// <param name="inputColumn">i, first column of the band in x.</param>
    /// <param name="columns">Width of the band.</param>
    /// <exception cref="ShapeException">A shape or type differs, or a band lies outside; nothing was enqueued.</exception>
    public void CopyColumns(Tensor output, long outputColumn, Tensor input, long inputColumn, long columns)
    {
        const string Operation = nameof(CopyColumns);
        var rows = input.Shape.Rows;
        Require(Operation, nameof(input), input, input.DType, rows, input.Shape.Columns);
        Require(Operation, nameof(output), output, input.DType, rows, output.Shape.Columns);
        if (columns < 1 || outputColumn < 0 || inputColumn < 0 || outputColumn > output.Shape.Columns - columns
            || inputColumn > input.Shape.Columns - columns)
        {
            Throw(Operation, $"columns {inputColumn}..{inputColumn + columns} of {input.Shape} to column {outputColumn} "
                + $"of {output.Shape}: expected a band inside both.");
        }

        CopyColumnsCore(output, outputColumn, input, inputColumn, columns);
    }

    /// <summary>y ← min(max(y, −limit), limit); NaN stays NaN.</summary>
    /// <param name="output">y, f32 or bf16. Overwritten.</param>
    /// <param name="limit">Largest magnitude, > 0.</param>
    public void Clamp(Tensor output, float limit)
    {
        RequireCount(
            nameof(Clamp), nameof(output), output, FloatType(nameof(Clamp), nameof(output), output), output.Count);
        CheckLimit(nameof(Clamp), limit);
        ClampCore(output, limit);
    }

    /// <summary>Gradient of <see cref="Clamp"/>: dy[i] ← 0 where |y[i]| ≥ limit, else unchanged.</summary>
    /// <param name="dOutput">dy, f32 or bf16. Overwritten.</param>
    /// <param name="output">y, as <see cref="Clamp"/> left it, as many of the same type. Read.</param>
    /// <param name="limit">Largest magnitude, > 0.</param>
    /// <remarks>An element that was exactly at the limit counts as clamped: y alone cannot tell the two apart.</remarks>
    public void ClampBackward(Tensor dOutput, Tensor output, float limit)
    {
        const string Operation = nameof(ClampBackward);
        var dtype = FloatType(Operation, nameof(output), output);
        RequireCount(Operation, nameof(dOutput), dOutput, dtype, output.Count);
        CheckLimit(Operation, limit);
        ClampBackwardCore(dOutput, output, limit);
    }

    private protected abstract void CopyColumnsCore(
        Tensor output, long outputColumn, Tensor input, long inputColumn, long columns);

    private protected abstract void ClampCore(Tensor output, float limit);

    private protected abstract void ClampBackwardCore(Tensor dOutput, Tensor output, float limit);

    private static void CheckLimit(string operation, float limit)
    {
        if (!(limit > 0))
        {
            Throw(operation, $"limit: expected a number above 0, got {limit}.");
        }
    }
}
