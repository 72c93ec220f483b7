namespace Inheritune.Growth;

/// <summary>One entry of a block map.</summary>
/// <param name="Source">Model the block comes from.</param>
/// <param name="Index">Block of that model.</param>
/// <param name="IsZeroOutputs">Attention output and MLP down projection become 0.</param>
internal readonly record struct BlockSource(ModelSource Source, int Index, bool IsZeroOutputs = false);
