using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

public sealed partial class DecoderPass
{
    /// <summary>Loss, gradient of the head and of what it read: each chunk's logits become their gradient in place.</summary>
    private void ForwardBackwardHead(ParameterSet gradients, bool accumulate, float scale)
    {
        var dHead = gradients.Find("head.weight") ?? gradients["wte"];
        for (var i = 0; i < _a.LogitChunks.Length; i++)
        {
            var dLogits = _a.LogitChunks[i];
            LogitChunk(i);                                                                    // (chunk, V)
            _ops.CrossEntropyForwardBackward(_a.LossChunks[i], dLogits, _a.TargetChunks[i], scale);
            if (_config.LogitScale != 1)
            {
                _ops.Scale(dLogits, (float)_config.LogitScale);
            }

            _ops.MatmulBackwardInput(_a.HiddenGradientChunks[i]!, dLogits, _head);            // (chunk, C)
            _ops.MatmulBackwardWeight(dHead, null, dLogits, _a.HiddenChunks[i], accumulate || i > 0);
        }
    }

    /// <summary>The forward pass reversed, from the gradient of <see cref="Hidden"/> in dNorm.</summary>
    private void Backward(ParameterSet gradients, bool accumulate)
    {
        if (_config.FinalNorm)
        {
            NormBackward(
                _a.DResidual, gradients.Find("norm_f.weight"), gradients.Find("norm_f.bias"), _a.DNorm, _a.ResidualFinal,
                _a.MeanFinal, _a.RstdFinal, _finalNormWeight, accumulateInput: false, accumulate);
        }
        else
        {
            _ops.Copy(_a.DResidual, _a.DNorm);
        }

        for (var i = _config.Layers - 1; i >= 0; i--)
        {
            BringBack(i);
            BackwardBlock(i, accumulate);
        }

        _ops.EmbeddingBackward(
            gradients["wte"], gradients.Find("wpe"), _a.DResidual, _a.Tokens, _a.Plan.T, _config.PositionOffset,
            accumulateTokens: accumulate || _config.Tied, accumulatePositions: accumulate, (float)_config.EmbedGradFraction,
            _config.PadRow);
    }

    private void BackwardBlock(int i, bool accumulate)
    {
        var (a, w, g) = (_a.Layers[i], _weights[i], _gradients[i]);
        var isParallel = _config.Residual == ResidualKind.Parallel;
        var dNorm2 = isParallel ? _a.DNorm2 : _a.DNorm;

        _ops.MatmulBackwardWeight(g.Down, g.DownBias, _a.DResidual, a.Act, accumulate);
        if (_config.GatedMlp)
        {
            _ops.MatmulBackwardInput(_a.DAct, _a.DResidual, w.Down);                          // (N, F)
            _ops.GatedBackward(_a.DUp, _a.DAct, a.Up, _config.Activation);                    // (N, 2F)
        }
        else
        {
            _ops.MatmulBackwardInput(_a.DUp, _a.DResidual, w.Down, _config.Activation, a.Up); // (N, F)
        }

        _ops.MatmulBackwardWeight(g.Up, g.UpBias, _a.DUp, a.Norm2, accumulate);
        _ops.MatmulBackwardInput(dNorm2, _a.DUp, w.Up);                                       // (N, C)
        if (!isParallel)
        {
            NormBackward(
                _a.DResidual, g.Norm2Weight, g.Norm2Bias, dNorm2, a.ResidualMid, a.Mean2, a.Rstd2, w.Norm2Weight,
                accumulateInput: true, accumulate);
        }

        _ops.MatmulBackwardWeight(g.Out, g.OutBias, _a.DResidual, a.Context, accumulate);
        _ops.MatmulBackwardInput(_a.DContext, _a.DResidual, w.Out);                           // (N, NH HS)
        _ops.AttentionBackward(_a.DQkv, _a.DContext, a.Context, a.LogSumExp, a.Qkv, _attention[i]);
        if (_rope is not null)
        {
            _ops.Rope(_a.DQkv, _rope, _attention[i], inverse: true);                          // q and k, in place
        }

        _ops.MatmulBackwardWeight(g.Qkv, g.QkvBias, _a.DQkv, a.Norm1, accumulate);
        _ops.MatmulBackwardInput(_a.DNorm, _a.DQkv, w.Qkv);                                   // (N, C)
        if (isParallel)
        {
            NormBackward(
                _a.DResidual, g.Norm2Weight, g.Norm2Bias, dNorm2, a.ResidualMid, a.Mean2, a.Rstd2, w.Norm2Weight,
                accumulateInput: true, accumulate);
        }

        NormBackward(
            _a.DResidual, g.Norm1Weight, g.Norm1Bias, _a.DNorm, a.Residual, a.Mean1, a.Rstd1, w.Norm1Weight,
            accumulateInput: true, accumulate);
    }

    /// <summary>Brings back what block i did not keep, by the code that made it first.</summary>
    private void BringBack(int i)
    {
        var (a, w) = (_a.Layers[i], _weights[i]);
        switch (_plan.Recompute)
        {
            case Recompute.Block:
                Norm1(i);
                ForwardBlock(i);
                break;
            case Recompute.Activations:
                Norm1(i);
                Norm(a.Norm2, a.Mean2, a.Rstd2, null, a.ResidualMid, null, w.Norm2Weight, w.Norm2Bias);
                if (_config.GatedMlp)
                {
                    _ops.GatedForward(a.Act, a.Up, _config.Activation);
                }
                else
                {
                    _ops.ActivationForward(a.Act, a.Up, _config.Activation);
                }

                break;
            default:
                break;
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
