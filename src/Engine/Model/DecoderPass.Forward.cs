using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

public sealed partial class DecoderPass
{
    private void ForwardBody()
    {
        ForwardEmbedding();                                                       // (N, C)
        if (!_isPost)
        {
            Norm1(0);                                                             // (N, C)
        }

        for (var i = 0; i < _config.Layers; i++)
        {
            ForwardBlock(i);
            ForwardDelta(i);
            ForwardJoin(i);
        }

        ForwardFinal();                                                           // (N, E)
    }

    private void ForwardEmbedding()
    {
        var first = _a.Layers[0].Residual;
        if (_a.Embed is null && _cache is not null)
        {
            _ops.EmbeddingForward(
                first, _a.Tokens, _tokenTable, _positionTable, _a.Plan.T, _config.PositionOffset, _cache.Past);
            return;
        }

        if (_a.Embed is null)
        {
            _ops.EmbeddingForward(first, _a.Tokens, _tokenTable, _positionTable, _a.Plan.T, _config.PositionOffset);
            return;
        }

        _ops.EmbeddingForward(_a.Embed, _a.Tokens, _tokenTable, null, _a.Plan.T); // (N, E)
        _ops.MatmulForward(first, _a.Embed, _projectionIn!);                      // (N, C)
        if (_a.Positions is not null)
        {
            // Positions are looked up as tokens are: they join behind the projection.
            _ops.EmbeddingForward(_a.Delta, _a.Positions, _positionTable!, null, _a.Plan.T);
            _ops.Add(first, _a.Delta);
        }
    }

    /// <summary>
    /// From what the attention of block i reads to its last inner activation: what the backward pass reads.
    /// </summary>
    private void ForwardBlock(int i)
    {
        var (a, w) = (_a.Layers[i], _weights[i]);
        ForwardQkv(i);                                                            // (N, (NH + 2 NKV) HS)
        ForwardAttention(i);                                                      // (B, T, NH HS)
        if (!_isParallel)
        {
            _ops.MatmulForward(_a.Delta, a.Context, w.Out, w.OutBias);            // (N, C)
        }

        NormForMlp(i);                                                            // (N, C)
        if (_config.GatedMlp)
        {
            _ops.MatmulForward(a.Up!, a.MlpInput, w.Up, w.UpBias);                // (N, 2F): gate, up
            _ops.GatedForward(a.Act, a.Up!, _config.Activation);                  // (N, F)
        }
        else
        {
            _ops.MatmulForward(a.Act, a.MlpInput, w.Up, w.UpBias, _config.Activation, a.Up); // (N, F)
        }
    }

    /// <summary>q, k and v of block i: product, limit, norm, rotation.</summary>
    private void ForwardQkv(int i)
    {
        var (a, w) = (_a.Layers[i], _weights[i]);
        var raw = a.QkvRaw ?? a.Qkv;
        _ops.MatmulForward(raw, a.AttentionInput, w.Qkv, w.QkvBias);              // (N, (NH + 2 NKV) HS)
        if (_config.ClipQkv != 0)
        {
            _ops.Clamp(raw, (float)_config.ClipQkv);
        }

        if (a.QkvRaw is not null)
        {
            _ops.Copy(a.Qkv, raw);
        }

        if (_a.QueryKey is { } s)
        {
            var queries = s.QueryInput.Shape.Columns;
            NormColumns(a.Qkv, 0, raw, s.QueryInput, s.QueryOutput, a.QMean, a.QRstd!, w.QNormWeight, w.QNormBias);
            NormColumns(a.Qkv, queries, raw, s.KeyInput, s.KeyOutput, a.KMean, a.KRstd!, w.KNormWeight, w.KNormBias);
        }

        if (_rope is not null && _cache is not null)
        {
            _ops.Rope(a.Qkv, _rope, _attention[i], _cache.Past);                  // q and k, in place
        }
        else if (_rope is not null)
        {
            _ops.Rope(a.Qkv, _rope, _attention[i]);                               // q and k, in place
        }
    }

    private void ForwardAttention(int i)
    {
        var a = _a.Layers[i];
        if (_cache is null)
        {
            _ops.AttentionForward(a.Context, a.LogSumExp, a.Qkv, _attention[i]);
        }
        else
        {
            _ops.AttentionCached(a.Context, _cache.Layers[i], a.Qkv, _cache.Past, _attention[i]);
        }
    }

    private void NormColumns(
        Tensor output, long column, Tensor input, Tensor bandIn, Tensor bandOut, Tensor? mean, Tensor rstd, Tensor? weight,
        Tensor? bias)
    {
        var columns = bandIn.Shape.Columns;
        _ops.CopyColumns(bandIn, 0, input, column, columns);
        Norm(bandOut, mean, rstd, null, bandIn, null, weight, bias);
        _ops.CopyColumns(output, column, bandOut, 0, columns);
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
        var (a, w) = (_a.Layers[i], _weights[i]);
        var isLast = i + 1 == _config.Layers;
        if (_isPost)
        {
            var output = !isLast ? _a.Layers[i + 1].Residual : _config.FinalNorm ? _a.ResidualFinal : _a.Final;
            Norm(output, a.Mean2, a.Rstd2, a.ResidualEnd, a.Norm1, _a.Delta, w.Norm2Weight, w.Norm2Bias);
        }
        else if (!isLast)
        {
            var (next, nextWeights) = (_a.Layers[i + 1], _weights[i + 1]);
            Norm(next.Norm1, next.Mean1, next.Rstd1, next.Residual, a.ResidualMid, _a.Delta, nextWeights.Norm1Weight,
                nextWeights.Norm1Bias);
        }
        else if (_config.FinalNorm)
        {
            Norm(_a.Final, _a.MeanFinal, _a.RstdFinal, _a.ResidualFinal, a.ResidualMid, _a.Delta, _finalNormWeight,
                _finalNormBias);
        }
        else
        {
            _ops.Copy(_a.Final, a.ResidualMid);
            _ops.Add(_a.Final, _a.Delta);
        }
    }

    /// <summary>What is left between the last block and what the head reads.</summary>
    private void ForwardFinal()
    {
        if (_isPost && _config.FinalNorm)
        {
            Norm(_a.Final, _a.MeanFinal, _a.RstdFinal, null, _a.ResidualFinal, null, _finalNormWeight, _finalNormBias);
        }

        if (_projectionOut is not null)
        {
            _ops.MatmulForward(_a.Hidden, _a.Final, _projectionOut);              // (N, E)
        }
    }

    private void Norm1(int i)
    {
        var (a, w) = (_a.Layers[i], _weights[i]);
        Norm(a.Norm1, a.Mean1, a.Rstd1, null, a.Residual, null, w.Norm1Weight, w.Norm1Bias);
    }

    /// <summary>Adds the attention to the residual stream and normalises for the MLP.</summary>
    private void NormForMlp(int i)
    {
        var (a, w) = (_a.Layers[i], _weights[i]);
        if (_isPost)
        {
            Norm(a.Norm1, a.Mean1, a.Rstd1, a.ResidualMid, a.Residual, _a.Delta, w.Norm1Weight, w.Norm1Bias);
        }
        else if (_isParallel)
        {
            Norm(a.MlpInput, a.Mean2, a.Rstd2, null, a.Residual, null, w.Norm2Weight, w.Norm2Bias);
        }
        else
        {
            Norm(a.MlpInput, a.Mean2, a.Rstd2, a.ResidualMid, a.Residual, _a.Delta, w.Norm2Weight, w.Norm2Bias);
        }
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
            LogitsOf(chunk.Logits, chunk.Hidden, _paddedHead);                    // (chunk, V and padding)
            _ops.CrossEntropyForward(chunk.Losses, chunk.Logits, chunk.Targets, _config.VocabSize); // (chunk)
        }
    }

    private void LogitsOf(Tensor logits, Tensor hidden, Tensor head)
    {
        _ops.MatmulForward(logits, hidden, head);
        if (_config.LogitScale != 1)
        {
            _ops.Scale(logits, (float)_config.LogitScale);
        }
    }
}
