using System.Diagnostics.CodeAnalysis;

namespace Inheritune.Kernels;

/// <summary>
/// The operations of a device. Public methods check their operands and hand over to the device's <c>...Core</c>; a
/// passing check allocates nothing. Operand order: outputs, saved values, inputs, scalars. Parameter gradients are
/// overwritten or accumulated as their flag says; activation gradients are overwritten unless stated. Results do not
/// depend on the number of threads.
/// </summary>
public abstract partial class Ops
{
    /// <summary>True if the device computes on tensors of this element type: F32 everywhere, BF16 on GPUs.</summary>
    internal abstract bool ComputesIn(DType dtype);

    /// <summary>
    /// Element type of an operation's floating operands, taken from one of them: the others must have the same.
    /// </summary>
    private protected DType FloatType(string operation, string operand, Tensor tensor)
    {
        if (tensor.DType == DType.I32 || !ComputesIn(tensor.DType))
        {
            Throw(operation, $"{operand}: expected F32{(ComputesIn(DType.BF16) ? " or BF16" : "")}, got {tensor}."
                + (tensor.DType == DType.BF16 ? " This device computes in f32: use --precision f32." : ""));
        }

        return tensor.DType;
    }

    /// <summary>Throws unless <paramref name="tensor"/> has the type and the dimensions given.</summary>
    private protected static void Require(string operation, string operand, Tensor tensor, DType dtype, long d0)
    {
        if (tensor.DType != dtype || tensor.Shape.Rank != 1 || tensor.Shape[0] != d0)
        {
            ThrowShape(operation, operand, tensor, dtype, new Shape(d0));
        }
    }

    /// <summary>Throws unless <paramref name="tensor"/> has the type, the row count and the row length given.</summary>
    /// <remarks>Leading dimensions count as rows: (B, T, C) is accepted as (N, C) with N = B*T.</remarks>
    private protected static void Require(string operation, string operand, Tensor tensor, DType dtype, long rows, long columns)
    {
        if (tensor.DType != dtype || tensor.Shape.Rank < 2 || tensor.Shape.Columns != columns || tensor.Count != rows * columns)
        {
            ThrowShape(operation, operand, tensor, dtype, new Shape(rows, columns));
        }
    }

    /// <summary>Throws unless <paramref name="tensor"/> has the type and number of elements given.</summary>
    private protected static void RequireCount(string operation, string operand, Tensor tensor, DType dtype, long count)
    {
        if (tensor.DType != dtype || tensor.Count != count)
        {
            ThrowShape(operation, operand, tensor, dtype, new Shape(count));
        }
    }

    /// <summary>Throws the standard shape error.</summary>
    [DoesNotReturn]
    private protected static void ThrowShape(string operation, string operand, Tensor tensor, DType dtype, Shape expected) =>
        throw new ShapeException($"{operation}: {operand}: expected {dtype} {expected}, got {tensor.DType} {tensor.Shape}.");

    /// <summary>Throws a shape error with free text.</summary>
    [DoesNotReturn]
    private protected static void Throw(string operation, string text) => throw new ShapeException($"{operation}: {text}");
}
