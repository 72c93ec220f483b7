using System.Text;
using Inheritune.Engine.Tokenizers;
using Microsoft.ML.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>
/// Checks what a tokenizer inherits from <see cref="Tokenizer"/> against its ids, by brute force.
/// </summary>
internal static class InterfaceCheck
{
    public static void Verify(TextTokenizer subject, string text, int[] ids)
    {
        Tokenizer tokenizer = subject;
        Assert.Equal(ids, tokenizer.EncodeToIds(text));
        Assert.Equal(ids, tokenizer.EncodeToIds(text.AsSpan()));
        Assert.Equal(ids.Length, tokenizer.CountTokens(text));
        Assert.Equal(ids.Length, tokenizer.CountTokens(text.AsSpan()));
        IReadOnlyList<EncodedToken> tokens = tokenizer.EncodeToTokens(text, out string? normalized);
        Assert.Equal(ids, tokens.Select(token => token.Id));
        Assert.Equal(ids, tokenizer.EncodeToTokens(text.AsSpan(), out _).Select(token => token.Id));
        VerifyOffsets(subject, normalized ?? text, tokens);
        VerifyLimits(tokenizer, normalized ?? text, text, ids, tokens);
        VerifyDecode(tokenizer, ids);
    }

    /// <summary>
    /// The same where normalising changes the text: offsets are in the normalised text, and what they slice is
    /// the vocabulary entry or, for a byte of a character, that character.
    /// </summary>
    public static void VerifyNormalized(TextTokenizer subject, string text, int[] ids)
    {
        Tokenizer tokenizer = subject;
        Assert.Equal(ids, tokenizer.EncodeToIds(text));
        Assert.Equal(ids.Length, tokenizer.CountTokens(text.AsSpan()));
        IReadOnlyList<EncodedToken> tokens = tokenizer.EncodeToTokens(text, out string? normalized);
        Assert.Equal(ids, tokens.Select(token => token.Id));
        foreach (EncodedToken token in tokens)
        {
            Assert.Equal(subject.IdToToken(token.Id), token.Value);
            string slice = normalized![token.Offset];
            Assert.True(
                slice == token.Value || (slice.Length == 0 && token.Id == 1)
                || token.Value.StartsWith("<0x", StringComparison.Ordinal) || token.Id == 0,
                $"\"{token.Value}\" at \"{slice}\" in \"{normalized}\"");
        }
        VerifyLimits(tokenizer, normalized!, text, ids, tokens);
        VerifyDecode(tokenizer, ids);
    }

    private static void VerifyOffsets(
        TextTokenizer tokenizer, string text, IReadOnlyList<EncodedToken> tokens)
    {
        HashSet<int> added = [.. tokenizer.AddedTokens.Select(token => token.Id)];
        foreach (EncodedToken token in tokens)
        {
            Assert.Equal(tokenizer.IdToToken(token.Id), token.Value);
            string slice = text[token.Offset];
            string decoded = tokenizer.Decode([token.Id]);
            if (slice.Length == 0)
            {
                Assert.True(added.Contains(token.Id) || decoded == " ", $"\"{decoded}\" has no place");
            }
            else if (added.Contains(token.Id))
            {
                Assert.Equal(decoded.Trim(), slice.Trim());
            }
            else if (!decoded.Contains('\uFFFD', StringComparison.Ordinal))
            {
                // The space that some tokenizers put in front of a text has no place in it.
                Assert.True(decoded == slice || (decoded == " " + slice), $"\"{decoded}\" at \"{slice}\"");
            }
            else
            {
                // Part of a character: the token's bytes are among those of the characters it touches.
                byte[] part = tokenizer.DecodeBytes([token.Id]);
                byte[] whole = Encoding.UTF8.GetBytes(" " + slice);
                Assert.True(whole.AsSpan().IndexOf(part) >= 0, $"\"{token.Value}\" at \"{slice}\"");
            }
        }
    }

    private static void VerifyLimits(
        Tokenizer tokenizer, string normalized, string text, int[] ids, IReadOnlyList<EncodedToken> tokens)
    {
        foreach (int max in (int[])[1, 2, 3, 5, ids.Length / 2, ids.Length - 1, ids.Length, ids.Length + 1])
        {
            if (max < 1)
            {
                continue;
            }
            (int count, int index) = BruteFromStart(tokens, normalized.Length, max);
            Assert.Equal(ids[..count], tokenizer.EncodeToIds(text, max, out _, out int consumed));
            Assert.Equal(index, consumed);
            Assert.Equal(ids[..count], tokenizer.EncodeToIds(text.AsSpan(), max, out _, out consumed));
            Assert.Equal(index, tokenizer.GetIndexByTokenCount(text, max, out _, out int tokenCount));
            Assert.Equal(count, tokenCount);
            Assert.Equal(index, tokenizer.GetIndexByTokenCount(text.AsSpan(), max, out _, out tokenCount));
            (count, index) = BruteFromEnd(tokens, normalized.Length, max);
            Assert.Equal(index, tokenizer.GetIndexByTokenCountFromEnd(text, max, out _, out tokenCount));
            Assert.Equal(count, tokenCount);
            Assert.Equal(
                index, tokenizer.GetIndexByTokenCountFromEnd(text.AsSpan(), max, out _, out tokenCount));
        }
    }

    /// <summary>A cut is allowed where no character belongs to tokens on both sides.</summary>
    private static bool MayCut(IReadOnlyList<EncodedToken> tokens, int at) =>
        at == 0 || at == tokens.Count
        || tokens[at - 1].Offset.End.Value <= tokens[at].Offset.Start.Value;

    private static (int Count, int Index) BruteFromStart(
        IReadOnlyList<EncodedToken> tokens, int length, int max)
    {
        int count = Enumerable.Range(0, Math.Min(max, tokens.Count) + 1).Last(at => MayCut(tokens, at));
        return (count, count == tokens.Count ? length : count == 0 ? 0 : tokens[count - 1].Offset.End.Value);
    }

    private static (int Count, int Index) BruteFromEnd(
        IReadOnlyList<EncodedToken> tokens, int length, int max)
    {
        int first = Enumerable.Range(Math.Max(0, tokens.Count - max), Math.Min(max, tokens.Count) + 1)
            .First(at => MayCut(tokens, at));
        int index = first == tokens.Count ? length : first == 0 ? 0 : tokens[first].Offset.Start.Value;
        return (tokens.Count - first, index);
    }

    private static void VerifyDecode(Tokenizer tokenizer, int[] ids)
    {
        string whole = tokenizer.Decode(ids);
        var buffer = new char[whole.Length];
        tokenizer.Decode(ids, buffer, out int consumed, out int written);
        Assert.Equal(whole, new string(buffer, 0, written));
        Assert.Equal(ids.Length, consumed);
        if (whole.Length > 1)
        {
            Assert.Equal(
                System.Buffers.OperationStatus.DestinationTooSmall,
                tokenizer.Decode(ids, buffer.AsSpan(0, whole.Length / 2), out consumed, out written));
            Assert.Equal(tokenizer.Decode(ids[..consumed]), new string(buffer, 0, written));
        }
    }
}
