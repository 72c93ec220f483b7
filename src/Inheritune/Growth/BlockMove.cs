namespace Inheritune.Growth;

/// <summary>Where one block comes from.</summary>
/// <param name="Target">Block of the new model.</param>
/// <param name="Source">Model it comes from.</param>
/// <param name="Index">Block of that model.</param>
/// <param name="IsZeroOutputs">
/// Attention output and MLP down projection are 0: the block adds nothing at first.
/// </param>
/// <param name="Divisor">Divisor of the attention scores in the new model.</param>
/// <param name="QueryFactor">Factor on W_q and its bias.</param>
internal sealed record BlockMove(
    int Target, ModelSource Source, int Index, bool IsZeroOutputs, double Divisor, double QueryFactor);
