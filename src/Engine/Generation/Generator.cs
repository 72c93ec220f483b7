using System.Runtime.InteropServices;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Generation;

/// <summary>
/// Continues a text token by token. Each token runs the model over the text so far, or over its last
/// <see cref="DecoderConfig.MaxPositions"/> tokens once it is longer than the model's positions.
/// </summary>
/// <param name="model">The model; not owned.</param>
/// <param name="options">How a token is chosen.</param>
public sealed class Generator(Decoder model, SamplingOptions options)
{
    /// <summary>
    /// The tokens after <paramref name="prompt"/>, as they are made. The same call gives the same tokens.
    /// </summary>
    /// <param name="prompt">At least one id.</param>
    /// <param name="maxNewTokens">How many at most, 0 or more.</param>
    /// <param name="stopToken">Ends the text; it is returned as the last token.</param>
    /// <exception cref="ModelException">
    /// The prompt is empty or holds an id outside the vocabulary, or an option is out of range; or, while
    /// tokens are made,
    /// the model's logits are not numbers.
    /// </exception>
    public IEnumerable<int> Generate(IReadOnlyList<int> prompt, int maxNewTokens, int? stopToken = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (prompt.Count == 0)
        {
            throw new ModelException(
                "Generate: prompt: expected at least one token, got none. Start with some text or the end-of-text token.");
        }

        if (maxNewTokens < 0)
        {
            throw new ModelException($"Generate: number of new tokens: expected 0 or more, got {maxNewTokens}.");
        }

        for (var i = 0; i < prompt.Count; i++)
        {
            if ((uint)prompt[i] >= (uint)model.Config.VocabSize)
            {
                throw new ModelException(
                    $"Generate: prompt token {i}: expected an id below the vocabulary size {model.Config.VocabSize}, got "
                    + $"{prompt[i]}. Use the tokenizer that the model was trained with.");
            }
        }

        return maxNewTokens == 0
            ? []
            : Continue([.. prompt], maxNewTokens, stopToken, new TokenSampler(options, model.Config.VocabSize));
    }

    private IEnumerable<int> Continue(List<int> tokens, int maxNewTokens, int? stopToken, TokenSampler sampler)
    {
        var longest = (int)Math.Min(model.Config.MaxPositions, (long)tokens.Count + maxNewTokens - 1);
        using var pass = new DecoderPass(model, 1, longest, training: false);
        var row = model.Device.AllocateTensor(DType.F32, 1, model.Config.VocabSize);
        using var rowMemory = row.Memory;
        var logits = new float[model.Config.VocabSize];
        for (var i = 0; i < maxNewTokens; i++)
        {
            var next = Next();
            tokens.Add(next);
            yield return next;
            if (next == stopToken)
            {
                yield break;
            }
        }

        int Next()
        {
            var window = CollectionsMarshal.AsSpan(tokens);
            window = window[Math.Max(0, window.Length - longest)..];
            pass.Forward(window, 1, window.Length);
            pass.Logits(row, window.Length - 1, 1);                                           // (1, V)
            row.ReadToHost<float>(logits);
            return sampler.Next(logits, tokens);
        }
    }
}
