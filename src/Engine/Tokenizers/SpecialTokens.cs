namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Which special tokens are recognised when their text occurs in the input. An added token that is not
/// special is always recognised.
/// </summary>
public sealed class SpecialTokens
{
    private SpecialTokens(bool isAll, IReadOnlySet<string> contents)
    {
        IsAll = isAll;
        Contents = contents;
    }

    /// <summary>None: text that looks like a special token is ordinary text.</summary>
    public static SpecialTokens None { get; } = new(false, new HashSet<string>());

    /// <summary>All of the vocabulary's special tokens.</summary>
    public static SpecialTokens All { get; } = new(true, new HashSet<string>());

    internal bool IsAll { get; }

    internal IReadOnlySet<string> Contents { get; }

    /// <summary>Only the tokens with these texts.</summary>
    public static SpecialTokens Only(params IEnumerable<string> contents) =>
        new(false, new HashSet<string>(contents, StringComparer.Ordinal));

    internal bool Allows(AddedToken token) => !token.IsSpecial || IsAll || Contents.Contains(token.Content);
}
