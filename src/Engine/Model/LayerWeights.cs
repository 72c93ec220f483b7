using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>The parameters of one block, by role; null where the model has none.</summary>
internal sealed class LayerWeights(ParameterSet set, int layer)
{
    public Tensor? Norm1Weight { get; } = set.Find($"h.{layer}.norm1.weight");

    public Tensor? Norm1Bias { get; } = set.Find($"h.{layer}.norm1.bias");

    public Tensor Qkv { get; } = set[$"h.{layer}.qkv.weight"];

    public Tensor? QkvBias { get; } = set.Find($"h.{layer}.qkv.bias");

    /// <summary>Norm of q over its whole width, (NH HS).</summary>
    public Tensor? QNormWeight { get; } = set.Find($"h.{layer}.q_norm.weight");

    public Tensor? QNormBias { get; } = set.Find($"h.{layer}.q_norm.bias");

    /// <summary>Norm of k over its whole width, (NKV HS).</summary>
    public Tensor? KNormWeight { get; } = set.Find($"h.{layer}.k_norm.weight");

    public Tensor? KNormBias { get; } = set.Find($"h.{layer}.k_norm.bias");

    public Tensor Out { get; } = set[$"h.{layer}.o.weight"];

    public Tensor? OutBias { get; } = set.Find($"h.{layer}.o.bias");

    public Tensor? Norm2Weight { get; } = set.Find($"h.{layer}.norm2.weight");

    public Tensor? Norm2Bias { get; } = set.Find($"h.{layer}.norm2.bias");

    /// <summary>(F, C), or (2F, C) with the gate's rows first.</summary>
    public Tensor Up { get; } = set.Find($"h.{layer}.gate_up.weight") ?? set[$"h.{layer}.up.weight"];

    public Tensor? UpBias { get; } = set.Find($"h.{layer}.gate_up.bias") ?? set.Find($"h.{layer}.up.bias");

    public Tensor Down { get; } = set[$"h.{layer}.down.weight"];

    public Tensor? DownBias { get; } = set.Find($"h.{layer}.down.bias");

    /// <summary>The blocks of a set.</summary>
    public static LayerWeights[] All(ParameterSet set)
    {
        var layers = new LayerWeights[set.Table.Config.Layers];
        for (var i = 0; i < layers.Length; i++)
        {
            layers[i] = new LayerWeights(set, i);
        }

        return layers;
    }
}
