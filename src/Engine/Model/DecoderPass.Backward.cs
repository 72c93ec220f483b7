using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

public sealed partial class DecoderPass
{
    /// <summary>
    /// Loss, gradient of the head and of what it read: each chunk's logits become their gradient in place.
    /// </summary>
    private void ForwardBackwardHead(ParameterSet gradients, bool accumulate, float scale)
    {
        var dHead = gradients.PaddedHead;
        foreach (var chunk in _a.Chunks)
        {
            LogitsOf(chunk.Logits, chunk.Hidden, _paddedHead);                    // (chunk, V and padding)
            _ops.CrossEntropyForwardBackward(
                chunk.Losses, chunk.Logits, chunk.Targets, scale, _config.VocabSize);
            if (_config.LogitScale != 1)
            {
                _ops.Scale(chunk.Logits, (float)_config.LogitScale);
            }

            _ops.MatmulBackwardInput(chunk.HiddenGradient!, chunk.Logits, _paddedHead); // (chunk, C)
            _ops.MatmulBackwardWeight(dHead, null, chunk.Logits, chunk.Hidden, accumulate); // (V, C)
            accumulate = true;
        }
    }

    /// <summary>The forward pass reversed, from the gradient of <see cref="Hidden"/>.</summary>
    private void Backward(ParameterSet gradients, bool accumulate)
    {
        var d = _a.Gradients!;
        if (_projectionOut is not null)
        {
            _ops.MatmulBackwardWeight(gradients["proj_out.weight"], null, d.Hidden, _a.Final, accumulate); // (E, C)
            _ops.MatmulBackwardInput(d.Norm, d.Hidden, _projectionOut);           // (N, C)
        }

        if (_config.FinalNorm)
        {
            NormBackward(
                d.Residual, gradients.Find("norm_f.weight"), gradients.Find("norm_f.bias"), d.Norm, _a.ResidualFinal,
                _a.MeanFinal, _a.RstdFinal, _finalNormWeight, accumulateInput: false, accumulate);
        }
        else
        {
            _ops.Copy(d.Residual, d.Norm);
        }

        for (var i = _config.Layers - 1; i >= 0; i--)
        {
            BringBack(i);
            if (_isPost)
            {
                NormBackwardInPlace(d.Residual, i, isSecond: true, accumulate);   // (N, C)
            }

            BackwardMlp(i, d, accumulate);
            BackwardAttention(i, d, accumulate);
        }

        BackwardEmbedding(gradients, d, accumulate);
    }

    private void BackwardEmbedding(ParameterSet gradients, ActivationGradients d, bool accumulate)
    {
        // NOTE: a tied table already holds the head's gradient.
        var accumulateTokens = accumulate || _config.Tied;
        var fraction = (float)_config.EmbedGradFraction;
        if (_projectionIn is null)
        {
            _ops.EmbeddingBackward(
                gradients["wte"], gradients.Find("wpe"), d.Residual, _a.Tokens, _a.Plan.T, _config.PositionOffset,
                accumulateTokens, accumulatePositions: accumulate, fraction, _config.PadRow);
            return;
        }

        if (_a.Positions is not null)
        {
            _ops.EmbeddingBackward(
                gradients["wpe"], null, d.Residual, _a.Positions, _a.Plan.T, 0, accumulate, accumulatePositions: false);
        }

        _ops.MatmulBackwardWeight(gradients["proj_in.weight"], null, d.Residual, _a.Embed!, accumulate); // (C, E)
        _ops.MatmulBackwardInput(d.Embed!, d.Residual, _projectionIn);            // (N, E)
        _ops.EmbeddingBackward(
            gradients["wte"], null, d.Embed!, _a.Tokens, _a.Plan.T, 0, accumulateTokens, accumulatePositions: false,
            fraction, _config.PadRow);
    }

    private void BackwardMlp(int i, ActivationGradients d, bool accumulate)
    {
        var (a, w, g) = (_a.Layers[i], _weights[i], _gradients[i]);
        _ops.MatmulBackwardWeight(g.Down, g.DownBias, d.Residual, a.Act, accumulate); // (C, F)
        if (_config.GatedMlp)
        {
            _ops.MatmulBackwardInput(d.Act!, d.Residual, w.Down);                 // (N, F)
            _ops.GatedBackward(d.Up, d.Act!, a.Up!, _config.Activation);          // (N, 2F)
        }
        else
        {
            _ops.MatmulBackwardInput(d.Up, d.Residual, w.Down, _config.Activation, a.Up); // (N, F)
        }

        _ops.MatmulBackwardWeight(g.Up, g.UpBias, d.Up, a.MlpInput, accumulate);  // (F, C) or (2F, C)
        if (_isPost)
        {
            // The MLP reads what the residual stream carries on.
            _ops.MatmulBackwardInput(d.Residual, d.Up, w.Up, accumulate: true);   // (N, C)
            NormBackwardInPlace(d.Residual, i, isSecond: false, accumulate);      // (N, C)
            return;
        }

        _ops.MatmulBackwardInput(d.Norm2, d.Up, w.Up);                            // (N, C)
        if (!_isParallel)
        {
            Norm2Backward(i, d, accumulate);                                      // (N, C)
        }
    }

    private void BackwardAttention(int i, ActivationGradients d, bool accumulate)
    {
        var (a, w, g) = (_a.Layers[i], _weights[i], _gradients[i]);
        _ops.MatmulBackwardWeight(g.Out, g.OutBias, d.Residual, a.Context, accumulate); // (C, NH HS)
        _ops.MatmulBackwardInput(d.Context, d.Residual, w.Out);                   // (N, NH HS)
        _ops.AttentionBackward(d.Qkv, d.Context, a.Context, a.LogSumExp, a.Qkv, _attention[i]);
        BackwardQkv(i, d.Qkv, accumulate);
        _ops.MatmulBackwardWeight(g.Qkv, g.QkvBias, d.Qkv, a.AttentionInput, accumulate); // ((NH + 2 NKV) HS, C)
        if (_isPost)
        {
            _ops.MatmulBackwardInput(d.Residual, d.Qkv, w.Qkv, accumulate: true); // (N, C)
            return;
        }

        _ops.MatmulBackwardInput(d.Norm, d.Qkv, w.Qkv);                           // (N, C)
        if (_isParallel)
        {
            Norm2Backward(i, d, accumulate);                                      // (N, C)
        }

        NormBackward(
            d.Residual, g.Norm1Weight, g.Norm1Bias, d.Norm, a.Residual, a.Mean1, a.Rstd1, w.Norm1Weight,
            accumulateInput: true, accumulate);                                   // (N, C)
    }

    /// <summary>Back through rotation, norm and limit of q, k and v, in place.</summary>
    private void BackwardQkv(int i, Tensor dQkv, bool accumulate)
    {
        var (a, w, g) = (_a.Layers[i], _weights[i], _gradients[i]);
        var raw = a.QkvRaw ?? a.Qkv;
        if (_rope is not null)
        {
            _ops.Rope(dQkv, _rope, _attention[i], inverse: true);                 // q and k, in place
        }

        if (_a.QueryKey is { } s)
        {
            var queries = s.QueryInput.Shape.Columns;
            NormColumnsBackward(
                dQkv, 0, raw, s.QueryInput, s.QueryOutput, g.QNormWeight, g.QNormBias, a.QMean, a.QRstd!, w.QNormWeight,
                accumulate);
            NormColumnsBackward(
                dQkv, queries, raw, s.KeyInput, s.KeyOutput, g.KNormWeight, g.KNormBias, a.KMean, a.KRstd!, w.KNormWeight,
                accumulate);
        }

        if (_config.ClipQkv != 0)
        {
            _ops.ClampBackward(dQkv, raw, (float)_config.ClipQkv);
        }
    }

    private void NormColumnsBackward(
        Tensor dQkv, long column, Tensor input, Tensor bandIn, Tensor dBand, Tensor? dWeight, Tensor? dBias, Tensor? mean,
        Tensor rstd, Tensor? weight, bool accumulate)
    {
        var columns = bandIn.Shape.Columns;
        _ops.CopyColumns(bandIn, 0, input, column, columns);
        _ops.CopyColumns(dBand, 0, dQkv, column, columns);
        NormBackward(dBand, dWeight, dBias, dBand, bandIn, mean, rstd, weight, accumulateInput: false, accumulate);
        _ops.CopyColumns(dQkv, column, dBand, 0, columns);
    }

    /// <summary>Back through a norm that the residual stream itself passes.</summary>
    private void NormBackwardInPlace(Tensor dResidual, int i, bool isSecond, bool accumulate)
    {
        var (a, w, g) = (_a.Layers[i], _weights[i], _gradients[i]);
        if (isSecond)
        {
            NormBackward(
                dResidual, g.Norm2Weight, g.Norm2Bias, dResidual, a.ResidualEnd!, a.Mean2, a.Rstd2, w.Norm2Weight,
                accumulateInput: false, accumulate);
        }
        else
        {
            NormBackward(
                dResidual, g.Norm1Weight, g.Norm1Bias, dResidual, a.ResidualMid, a.Mean1, a.Rstd1, w.Norm1Weight,
                accumulateInput: false, accumulate);
        }
    }

    private void Norm2Backward(int i, ActivationGradients d, bool accumulate)
    {
        var (a, w, g) = (_a.Layers[i], _weights[i], _gradients[i]);
        NormBackward(
            d.Residual, g.Norm2Weight, g.Norm2Bias, d.Norm2, a.ResidualMid, a.Mean2, a.Rstd2, w.Norm2Weight,
            accumulateInput: true, accumulate);
    }

    /// <summary>Brings back what block i did not keep, by the code that made it first.</summary>
    private void BringBack(int i)
    {
        // The last block's values are still where the forward pass left them.
        if (_plan.Recompute == Recompute.None || i == _config.Layers - 1)
        {
            return;
        }

        var (a, w) = (_a.Layers[i], _weights[i]);
        if (!_isPost)
        {
            Norm1(i);
        }

        if (_plan.Recompute == Recompute.Block)
        {
            ForwardBlock(i);
            if (_isPost)
            {
                // What norm 2 reads; the next block's input becomes what it was.
                ForwardDelta(i);
                ForwardJoin(i);
            }

            return;
        }

        if (_isPost)
        {
            Norm(a.Norm1, a.Mean1, a.Rstd1, null, a.ResidualMid, null, w.Norm1Weight, w.Norm1Bias);
        }
        else
        {
            Norm(a.MlpInput, a.Mean2, a.Rstd2, null, a.ResidualMid, null, w.Norm2Weight, w.Norm2Bias);
        }

        if (_config.GatedMlp)
        {
            _ops.GatedForward(a.Act, a.Up!, _config.Activation);
        }
        else
        {
            _ops.ActivationForward(a.Act, a.Up!, _config.Activation);
        }
    }

    private void NormBackward(
        Tensor dInput, Tensor? dWeight, Tensor? dBias, Tensor dOutput, Tensor input, Tensor? mean, Tensor rstd, Tensor? weight,
        bool accumulateInput, bool accumulateParameters)
    {
        if (_config.Norm == NormKind.RmsNorm)
        {
            _ops.RmsNormBackward(dInput, dWeight, dOutput, input, rstd, weight, accumulateInput, accumulateParameters);
        }
        else
        {
            _ops.LayerNormBackward(
                dInput, dWeight, dBias, dOutput, input, mean!, rstd, weight, accumulateInput, accumulateParameters);
        }
    }
}
