using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

public sealed partial class DecoderPass
{
    private void ForwardBody()
    {
        var first = _a.Layers[0];
        // (N, C)
        _ops.EmbeddingForward(
            first.Residual, _a.Tokens, _tokenTable, _positionTable, _a.Plan.T, _config.PositionOffset);
        Norm1(0);                                                                 // (N, C)
        for (var i = 0; i < _config.Layers; i++)
        {
            ForwardBlock(i);
            ForwardDelta(i);
            ForwardJoin(i);
        }
    }

    /// <summary>From norm1 of block i to its last inner activation: what the backward pass reads.</summary>
    private void ForwardBlock(int i)
    {
        var (a, w) = (_a.Layers[i], _weights[i]);
        _ops.MatmulForward(a.Qkv, a.Norm1, w.Qkv, w.QkvBias);                     // (N, (NH + 2 NKV) HS)
        if (_rope is not null)
        {
            _ops.Rope(a.Qkv, _rope, _attention[i]);                               // q and k, in place
        }

        _ops.AttentionForward(a.Context, a.LogSumExp, a.Qkv, _attention[i]);      // (B, T, NH HS)
        if (!_isParallel)
        {
            _ops.MatmulForward(_a.Delta, a.Context, w.Out, w.OutBias);            // (N, C)
        }

        Norm2(i);                                                                 // (N, C)
        if (_config.GatedMlp)
        {
            _ops.MatmulForward(a.Up!, a.Norm2, w.Up, w.UpBias);                   // (N, 2F): gate, up
            _ops.GatedForward(a.Act, a.Up!, _config.Activation);                  // (N, F)
        }
        else
        {
            _ops.MatmulForward(a.Act, a.Norm2, w.Up, w.UpBias, _config.Activation, a.Up); // (N, F)
        }
    }

    /// <summary>
    /// What block i adds to the residual stream: the MLP, or attention and MLP where both read the same.
    /// </summary>
    private void ForwardDelta(int i)
    {
        var (a, w) = (_a.Layers[i], _weights[i]);
        if (_isParallel)
        {
            _ops.MatmulForward(_a.Delta2!, a.Context, w.Out, w.OutBias);          // (N, C)
        }

        _ops.MatmulForward(_a.Delta, a.Act, w.Down, w.DownBias);                  // (N, C)
        if (_isParallel)
        {
            _ops.Add(_a.Delta, _a.Delta2!);                                       // (N, C)
        }
    }

    /// <summary>
    /// Adds what block i made to the residual stream and normalises for the next block, or for the head.
    /// </summary>
    private void ForwardJoin(int i)
    {
        var mid = _a.Layers[i].ResidualMid;
        if (i + 1 < _config.Layers)
        {
            var next = _a.Layers[i + 1];
            Norm(next.Norm1, next.Mean1, next.Rstd1, next.Residual, mid, _a.Delta, _weights[i + 1].Norm1Weight,
                _weights[i + 1].Norm1Bias);
        }
        else if (_config.FinalNorm)
        {
            Norm(_a.Hidden, _a.MeanFinal, _a.RstdFinal, _a.ResidualFinal, mid, _a.Delta, _finalNormWeight, _finalNormBias);
        }
        else
        {
            _ops.Copy(_a.Hidden, mid);
            _ops.Add(_a.Hidden, _a.Delta);
        }
    }

    private void Norm1(int i)
    {
        var (a, w) = (_a.Layers[i], _weights[i]);
        Norm(a.Norm1, a.Mean1, a.Rstd1, null, a.Residual, null, w.Norm1Weight, w.Norm1Bias);
    }

    private void Norm2(int i)
    {
        var (a, w) = (_a.Layers[i], _weights[i]);
        Norm(
            a.Norm2, a.Mean2, a.Rstd2, _isParallel ? null : a.ResidualMid, a.Residual, _isParallel ? null : _a.Delta,
            w.Norm2Weight, w.Norm2Bias);
    }

    /// <summary>
    /// output = norm(input + delta), the sum kept in <paramref name="residual"/>; without a delta
    /// norm(input).
    /// </summary>
    private void Norm(
        Tensor output, Tensor? mean, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta, Tensor? weight, Tensor? bias)
    {
        if (_config.Norm == NormKind.RmsNorm)
        {
            if (residual is null || delta is null)
            {
                _ops.RmsNormForward(output, rstd, input, weight, _eps);
            }
            else
            {
                _ops.ResidualRmsNormForward(output, rstd, residual, input, delta, weight, _eps);
            }
        }
        else if (residual is null || delta is null)
        {
            _ops.LayerNormForward(output, mean!, rstd, input, weight, bias, _eps);
        }
        else
        {
            _ops.ResidualLayerNormForward(output, mean!, rstd, residual, input, delta, weight, bias, _eps);
        }
    }

    /// <summary>Losses of all rows, chunk by chunk: one buffer of logits.</summary>
    private void ForwardHead()
    {
        foreach (var chunk in _a.Chunks)
        {
            LogitsOf(chunk.Logits, chunk.Hidden);                                 // (chunk, V)
            _ops.CrossEntropyForward(chunk.Losses, chunk.Logits, chunk.Targets);  // (chunk)
        }
    }

    private void LogitsOf(Tensor logits, Tensor hidden)
    {
        _ops.MatmulForward(logits, hidden, _head);
        if (_config.LogitScale != 1)
        {
            _ops.Scale(logits, (float)_config.LogitScale);
        }
    }
}
