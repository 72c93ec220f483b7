namespace Inheritune.Kernels.Gpu;

/// <summary>The three products of a linear layer as D[m,n] = Σ_k A(m,k) B(n,k).</summary>
internal enum GemmForm
{
    /// <summary>Y = X Wᵀ: m over N, n over OC, k over C.</summary>
    Forward,

    /// <summary>dX = dY W: m over N, n over C, k over OC.</summary>
    InputGradient,

    /// <summary>dW = dYᵀ X: m over OC, n over C, k over N.</summary>
    WeightGradient,
}
