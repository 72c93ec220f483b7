namespace Inheritune.Engine.Data.Parquet;

/// <summary>A page is damaged; the caller knows the file and the place.</summary>
internal sealed class ParquetException(string reason, string message) : Exception(message)
{
    /// <summary>Kind of fault, as in <see cref="CorpusException.Reason"/>.</summary>
    public string Reason { get; } = reason;
}
