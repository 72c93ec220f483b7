namespace Inheritune.Engine.Data;

/// <summary>Which token stands between documents.</summary>
public enum DocumentSeparator
{
    /// <summary>
    /// What models of the tokenizer's family expect: the begin-of-text token in front where it has one of its
    /// own (Llama), else the end-of-text token in front (GPT-2, NeoX, MPT, OPT).
    /// </summary>
    Family,

    /// <summary>End of text in front of each document, as llm.c does.</summary>
    EndBefore,

    /// <summary>End of text behind each document, as nanoGPT does.</summary>
    EndAfter,

    /// <summary>Begin of text in front and end of text behind.</summary>
    BeginAndEnd,
}
