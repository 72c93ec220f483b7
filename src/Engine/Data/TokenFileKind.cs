namespace Inheritune.Engine.Data;

/// <summary>Layout of a token file.</summary>
public enum TokenFileKind
{
    /// <summary>One of the two llm.c layouts or that of llmq, told apart by their magic numbers.</summary>
    Llmc,

    /// <summary>
    /// nanoGPT: uint16 tokens without a header. Nothing in the file says so; it has to be asked for.
    /// </summary>
    NanoGpt,

    /// <summary>
    /// uint32 tokens without a header, as some forks of nanoGPT write. It has to be asked for.
    /// </summary>
    RawUInt32,
}
