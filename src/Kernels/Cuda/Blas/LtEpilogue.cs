namespace Inheritune.Kernels.Cuda;

/// <summary>What happens to a product before it is stored. Its GELU is the tanh form.</summary>
internal enum LtEpilogue
{
    /// <summary>Nothing.</summary>
    None = 1,

    /// <summary>Adds the bias of a column-major row: length M.</summary>
    Bias = 4,

    /// <summary>Adds the bias, stores the sum to aux, and applies GELU.</summary>
    GeluAuxBias = 164,

    /// <summary>Stores the product to aux and applies GELU.</summary>
    GeluAux = 160,

    /// <summary>Multiplies by the derivative of GELU at aux.</summary>
    GeluBackward = 192,

    /// <summary>Also stores the sum of A over K to the bias pointer: length M.</summary>
    SumOfA = 256,

    /// <summary>Also stores the sum of B over K to the bias pointer: length N.</summary>
    SumOfB = 512,
}
