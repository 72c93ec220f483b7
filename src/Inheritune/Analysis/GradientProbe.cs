using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Analysis;

/// <summary>
/// Accumulates the gradient of the mean loss over all sequences, then measures it head by head.
/// </summary>
internal sealed class GradientProbe : IDisposable
{
    private const int Ignored = -100;
    private readonly Decoder _model;
    private readonly ParameterSet _gradients;
    private readonly Tensor _norm;
    private readonly int _sequences, _t;
    private int[] _targets = [];
    private double _loss;
    private bool _started;

    public GradientProbe(Decoder model, int sequences, int T)
    {
        (_model, _sequences, _t) = (model, sequences, T);
        _gradients = new ParameterSet(model.Device, model.Table);
        _norm = model.Device.AllocateTensor(DType.F32, 2);
    }

    /// <summary>Adds the gradient of the first <paramref name="count"/> sequences of a batch.</summary>
    public void Add(DecoderPass pass, int[] tokens, int count)
    {
        if (_targets.Length != tokens.Length)
        {
            _targets = new int[tokens.Length];
        }

        Array.Fill(_targets, Ignored);
        for (var i = 0; i < count * _t; i++)
        {
            _targets[i] = i % _t == _t - 1 ? Ignored : tokens[i + 1];
        }

        var share = (float)count / _sequences;
        pass.ForwardBackward(tokens, _targets, _gradients, accumulate: _started, share);
        _loss += (double)share * pass.ReadLoss();
        _started = true;
    }

    /// <summary>The norms. Waits.</summary>
    public GradientNorms Read()
    {
        var config = _model.Config;
        var query = new double[config.Layers][];
        var key = new double[config.Layers][];
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var weight = _gradients[$"h.{layer}.qkv.weight"];
            query[layer] = [.. Enumerable.Range(0, config.Heads).Select(head => Norm(weight, head))];
            key[layer] = [.. Enumerable.Range(config.Heads, config.NKV).Select(head => Norm(weight, head))];
        }

        return new GradientNorms(_loss, query, key);
    }

    public void Dispose()
    {
        _gradients.Dispose();
        _norm.Memory.Dispose();
    }

    private double Norm(Tensor weight, int head)
    {
        var rows = weight.Slice((long)head * _model.Config.HS, _model.Config.HS);
        _model.Device.Ops.GradientNorm(_norm, rows.View(rows.Count), 0);
        return _norm.ToArray()[0];
    }
}
