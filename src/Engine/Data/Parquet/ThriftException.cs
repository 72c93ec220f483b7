namespace Inheritune.Engine.Data.Parquet;

/// <summary>A Thrift structure is damaged or cut off; the caller knows the file and the place.</summary>
internal sealed class ThriftException(string message, bool isCutOff = false) : Exception(message)
{
    /// <summary>More bytes might complete it.</summary>
    public bool IsCutOff { get; } = isCutOff;
}
