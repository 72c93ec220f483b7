namespace Inheritune.Kernels;

/// <summary>Point-wise non-linearities of the MLP.</summary>
public enum Activation : byte
{
    /// <summary>y = x.</summary>
    None,

    /// <summary>GELU, tanh form: ½x(1 + tanh(√(2/π)(x + 0.044715x³))).</summary>
    GeluTanh,

    /// <summary>GELU, exact: ½x(1 + erf(x/√2)).</summary>
    GeluErf,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x / (1 + e⁻ˣ).</summary>
    Silu,
}
