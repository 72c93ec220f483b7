namespace Inheritune.Analysis;

/// <summary>One layer in two analyses; null where a model has no such layer.</summary>
internal sealed record ComparedLayer(int Layer, LayerFacts? Before, LayerFacts? After);
