using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

public sealed partial class DecoderPass
{
    /// <summary>
    /// Loss, gradient of the head and of what it read: each chunk's logits become their gradient in place.
    /// </summary>
    private void ForwardBackwardHead(ParameterSet gradients, bool accumulate, float scale)
    {
        var dHead = gradients.Find("head.weight") ?? gradients["wte"];
        foreach (var chunk in _a.Chunks)
        {
            LogitsOf(chunk.Logits, chunk.Hidden);                                 // (chunk, V)
            _ops.CrossEntropyForwardBackward(chunk.Losses, chunk.Logits, chunk.Targets, scale);
            if (_config.LogitScale != 1)
            {
                _ops.Scale(chunk.Logits, (float)_config.LogitScale);
            }

            _ops.MatmulBackwardInput(chunk.HiddenGradient!, chunk.Logits, _head); // (chunk, C)
            _ops.MatmulBackwardWeight(dHead, null, chunk.Logits, chunk.Hidden, accumulate); // (V, C)
            accumulate = true;
        }
    }

    /// <summary>The forward pass reversed, from the gradient of <see cref="Hidden"/>.</summary>
    private void Backward(ParameterSet gradients, bool accumulate)
    {
        var d = _a.Gradients!;
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
            BackwardBlock(i, d, accumulate);
        }

        // NOTE: a tied table already holds the head's gradient.
        _ops.EmbeddingBackward(
            gradients["wte"], gradients.Find("wpe"), d.Residual, _a.Tokens, _a.Plan.T, _config.PositionOffset,
            accumulateTokens: accumulate || _config.Tied, accumulatePositions: accumulate, (float)_config.EmbedGradFraction,
            _config.PadRow);
    }

    private void BackwardBlock(int i, ActivationGradients d, bool accumulate)
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

        _ops.MatmulBackwardWeight(g.Up, g.UpBias, d.Up, a.Norm2, accumulate);     // (F, C) or (2F, C)
        _ops.MatmulBackwardInput(d.Norm2, d.Up, w.Up);                            // (N, C)
        if (!_isParallel)
        {
            Norm2Backward(i, d, accumulate);                                      // (N, C)
        }

        _ops.MatmulBackwardWeight(g.Out, g.OutBias, d.Residual, a.Context, accumulate); // (C, NH HS)
        _ops.MatmulBackwardInput(d.Context, d.Residual, w.Out);                   // (N, NH HS)
        _ops.AttentionBackward(d.Qkv, d.Context, a.Context, a.LogSumExp, a.Qkv, _attention[i]);
        if (_rope is not null)
        {
            _ops.Rope(d.Qkv, _rope, _attention[i], inverse: true);                // q and k, in place
        }

        _ops.MatmulBackwardWeight(g.Qkv, g.QkvBias, d.Qkv, a.Norm1, accumulate);  // ((NH + 2 NKV) HS, C)
        _ops.MatmulBackwardInput(d.Norm, d.Qkv, w.Qkv);                           // (N, C)
        if (_isParallel)
        {
            Norm2Backward(i, d, accumulate);                                      // (N, C)
        }

        NormBackward(
            d.Residual, g.Norm1Weight, g.Norm1Bias, d.Norm, a.Residual, a.Mean1, a.Rstd1, w.Norm1Weight,
            accumulateInput: true, accumulate);                                   // (N, C)
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
        Norm1(i);
        if (_plan.Recompute == Recompute.Block)
        {
            ForwardBlock(i);
            return;
        }

        Norm(a.Norm2, a.Mean2, a.Rstd2, null, a.ResidualMid, null, w.Norm2Weight, w.Norm2Bias);
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
