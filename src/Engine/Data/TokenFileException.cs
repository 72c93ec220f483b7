namespace Inheritune.Engine.Data;

/// <summary>A token file is missing, damaged, or does not fit the model.</summary>
public sealed class TokenFileException : Exception
{
    /// <summary>An error with a text for people.</summary>
    public TokenFileException(string message)
        : base(message)
    {
    }

    /// <summary>An error with a text for people and its cause.</summary>
    public TokenFileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
