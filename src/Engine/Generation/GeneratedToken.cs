namespace Inheritune.Engine.Generation;

/// <summary>One token of a text that is being made.</summary>
/// <param name="Sequence">Which of the texts.</param>
/// <param name="Token">The token.</param>
public readonly record struct GeneratedToken(int Sequence, int Token);
