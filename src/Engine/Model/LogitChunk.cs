using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>Some rows of the head: logits of all rows never exist at once.</summary>
/// <param name="Logits">(rows, V); every chunk has the same place.</param>
/// <param name="Hidden">What the head reads, (rows, C).</param>
/// <param name="Targets">(rows).</param>
/// <param name="Losses">(rows).</param>
/// <param name="HiddenGradient">(rows, C), or null without a backward pass.</param>
internal sealed record LogitChunk(Tensor Logits, Tensor Hidden, Tensor Targets, Tensor Losses, Tensor? HiddenGradient);
