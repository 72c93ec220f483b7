namespace Inheritune.Engine.Data;

/// <summary>A text corpus cannot be read; the message says which file, where, and what to do.</summary>
public sealed class CorpusException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="reason">One word for the kind of fault, for example <c>json</c> or <c>utf8</c>.</param>
    /// <param name="message">One line for people.</param>
    public CorpusException(string reason, string message)
        : base(message)
    {
        Reason = reason;
    }

    /// <summary>Creates the exception with its cause.</summary>
    public CorpusException(string reason, string message, Exception innerException)
        : base(message, innerException)
    {
        Reason = reason;
    }

    /// <summary>
    /// One word for the kind of fault: <c>kind</c>, <c>json</c>, <c>utf8</c>, <c>binary</c>, ….
    /// </summary>
    public string Reason { get; }

    /// <summary>The line of a JSON lines file, counted from 1; 0 when the fault has none.</summary>
    public long Line { get; init; }
}
