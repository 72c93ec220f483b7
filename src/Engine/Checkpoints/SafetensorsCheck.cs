namespace Inheritune.Engine.Checkpoints;

/// <summary>The check of a safetensors file that failed, in the order in which they are made.</summary>
public enum SafetensorsCheck
{
    /// <summary>The file has at least 8 bytes.</summary>
    FileSize,

    /// <summary>The header length is within the limit and within the file.</summary>
    HeaderLength,

    /// <summary>The header is strict UTF-8 and begins with '{'.</summary>
    Encoding,

    /// <summary>The header is one strict JSON object.</summary>
    Json,

    /// <summary>No key appears twice.</summary>
    DuplicateKey,

    /// <summary>"__metadata__" maps strings to strings.</summary>
    Metadata,

    /// <summary>An entry has dtype, shape and data_offsets of the right kinds.</summary>
    Entry,

    /// <summary>The byte range equals shape times element size.</summary>
    Size,

    /// <summary>The tensors cover the data exactly: no hole, overlap, truncation or trailing bytes.</summary>
    Layout,

    /// <summary>Limits of this reader: tensors, rank, length of a name.</summary>
    Limit,
}
