namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// What a rank file does not say: how text is cut and which special tokens there are. Known by the number of
/// ranks.
/// </summary>
internal sealed record RankFileKind(PieceCut? Cut, IReadOnlyList<AddedToken> AddedTokens, int? BeginOfText)
{
    private const int Llama3Ranks = 128000;
    private const int Llama3Specials = 256;

    public static RankFileKind Of(int rankCount) => rankCount switch
    {
        50256 or 50280 => new(PieceCut.Gpt2, [new AddedToken(50256, SpecialNames.EndOfText)], null),
        100256 => new(
            PieceCut.Llama3,
            [
                new AddedToken(100257, SpecialNames.EndOfText),
                new AddedToken(100258, "<|fim_prefix|>"),
                new AddedToken(100259, "<|fim_middle|>"),
                new AddedToken(100260, "<|fim_suffix|>"),
                new AddedToken(100276, "<|endofprompt|>"),
            ],
            null),
        Llama3Ranks => new(PieceCut.Llama3, [.. Llama3Tokens()], Llama3Ranks),
        _ => new(null, [], null),
    };

    private static IEnumerable<AddedToken> Llama3Tokens()
    {
        int reserved = 0;
        for (int number = 0; number < Llama3Specials; number++)
        {
            string content = number switch
            {
                0 => "<|begin_of_text|>",
                1 => "<|end_of_text|>",
                6 => "<|start_header_id|>",
                7 => "<|end_header_id|>",
                9 => "<|eot_id|>",
                _ => $"<|reserved_special_token_{reserved++}|>",
            };
            yield return new AddedToken(Llama3Ranks + number, content);
        }
    }
}
