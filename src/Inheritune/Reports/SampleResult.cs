namespace Inheritune.Reports;

/// <summary>Text written by a model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Prompt">Given beginning.</param>
/// <param name="Text">What it wrote.</param>
internal sealed record SampleResult(string Model, string Prompt, string Text);
