using Inheritune.Engine.Model;

namespace Inheritune.Engine.Generation;

/// <summary>
/// Continues texts token by token, one or several at a time. Keys and values of earlier tokens stay in a cache, as long
/// as a text is not longer than the model's positions; after that each token runs the model over the last
/// <see cref="DecoderConfig.MaxPositions"/> tokens.
/// </summary>
/// <param name="model">The model; not owned.</param>
/// <param name="options">How a token is chosen.</param>
public sealed class Generator(Decoder model, SamplingOptions options)
{
    private const ulong SequenceStride = 0x9E3779B97F4A7C15;

    /// <summary>
    /// The tokens after <paramref name="prompt"/>, as they are made. The same call gives the same tokens.
    /// </summary>
    /// <param name="prompt">At least one id.</param>
    /// <param name="maxNewTokens">How many at most, 0 or more.</param>
    /// <param name="stopToken">Ends the text; it is returned as the last token.</param>
    /// <exception cref="ModelException">
    /// The prompt is empty or holds an id outside the vocabulary, or an option is out of range; or, while
    /// tokens are made, the model's logits are not numbers.
    /// </exception>
    public IEnumerable<int> Generate(IReadOnlyList<int> prompt, int maxNewTokens, int? stopToken = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return GenerateBatch([prompt], maxNewTokens, stopToken is { } stop ? [stop] : []).Select(token => token.Token);
    }

    /// <summary>
    /// The tokens after each prompt, as they are made: one of each text that is not over, in turn. Text b draws
    /// from its own random numbers, those of text 0 being the seed's; on the CPU a text does not depend on the others.
    /// </summary>
    /// <param name="prompts">At least one, each of at least one id.</param>
    /// <param name="maxNewTokens">How many at most for each text, 0 or more.</param>
    /// <param name="stopTokens">Each ends a text; it is returned as the text's last token.</param>
    /// <exception cref="ModelException">As for a single text.</exception>
    public IEnumerable<GeneratedToken> GenerateBatch(
        IReadOnlyList<IReadOnlyList<int>> prompts, int maxNewTokens, IReadOnlyCollection<int>? stopTokens = null)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        if (maxNewTokens < 0)
        {
            throw new ModelException($"Generate: number of new tokens: expected 0 or more, got {maxNewTokens}.");
        }

        foreach (var prompt in prompts)
        {
            RequirePrompt(prompt);
        }

        var samplers = new TokenSampler[prompts.Count];
        for (var b = 0; b < samplers.Length; b++)
        {
            var seed = unchecked(options.Seed + (ulong)b * SequenceStride);
            samplers[b] = new TokenSampler(options with { Seed = seed }, model.Config.VocabSize);
        }

        return maxNewTokens == 0 || prompts.Count == 0
            ? []
            : Continue([.. prompts.Select(prompt => new List<int>(prompt))], samplers, maxNewTokens, [.. stopTokens ?? []]);
    }

    private IEnumerable<GeneratedToken> Continue(
        List<int>[] texts, TokenSampler[] samplers, int maxNewTokens, HashSet<int> stopTokens)
    {
        var capacity = (int)Math.Min(model.Config.MaxPositions, texts.Max(text => (long)text.Count) + maxNewTokens - 1);
        using var pass = new DecodingPass(model, texts.Length, capacity);
        var logits = new float[(long)texts.Length * model.Config.VocabSize];
        var isOver = new bool[texts.Length];
        var next = new int[texts.Length];
        Restart(pass, texts);
        for (var i = 0; i < maxNewTokens; i++)
        {
            pass.ReadLogits(logits);
            for (var b = 0; b < texts.Length; b++)
            {
                next[b] = -1;
                if (isOver[b])
                {
                    continue;
                }

                var row = logits.AsSpan(b * model.Config.VocabSize, model.Config.VocabSize);
                next[b] = samplers[b].Next(row, texts[b]);
                texts[b].Add(next[b]);
                isOver[b] = stopTokens.Contains(next[b]);
                yield return new GeneratedToken(b, next[b]);
            }

            if (i + 1 == maxNewTokens || Array.TrueForAll(isOver, over => over))
            {
                yield break;
            }

            Advance(pass, texts, next, isOver);
        }
    }

    private static void Advance(DecodingPass pass, List<int>[] texts, int[] next, bool[] isOver)
    {
        for (var b = 0; b < next.Length; b++)
        {
            if (isOver[b])
            {
                next[b] = -1;
            }
            else if (pass.Length(b) == pass.Capacity)
            {
                // Positions count from the first token that is seen: when the window moves, all of them change.
                Restart(pass, texts);
                return;
            }
        }

        pass.Step(next);
    }

    /// <summary>Runs the end of each text that fits the positions.</summary>
    private static void Restart(DecodingPass pass, List<int>[] texts) =>
        pass.Start([.. texts.Select(text => text.GetRange(
            Math.Max(0, text.Count - pass.Capacity), Math.Min(text.Count, pass.Capacity)))]);

    private void RequirePrompt(IReadOnlyList<int> prompt)
    {
        if (prompt.Count == 0)
        {
            throw new ModelException(
                "Generate: prompt: expected at least one token, got none. Start with some text or the end-of-text token.");
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
    }
}
