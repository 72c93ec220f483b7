namespace Inheritune.Engine.Tokenizers;

/// <summary>A token that is found in the text before it is cut into pieces.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="IsSpecial">Whether it is a control token, which decoding may skip.</param>
/// <param name="IsNormalized">Whether it is looked for after normalisation.</param>
/// <param name="StripsLeft">Whether white space directly before it is swallowed.</param>
/// <param name="StripsRight">Whether white space directly after it is swallowed.</param>
/// <param name="IsSingleWord">Whether it counts only when no word character touches it.</param>
public sealed record AddedToken(
    int Id,
    string Content,
    bool IsSpecial = true,
    bool IsNormalized = false,
    bool StripsLeft = false,
    bool StripsRight = false,
    bool IsSingleWord = false);
