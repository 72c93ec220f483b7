using System.Buffers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>Turns ids into bytes, one id at a time.</summary>
internal abstract class IdDecoder
{
    /// <summary>Whether bytes are held back until it is certain what they are.</summary>
    public virtual bool HoldsBytes => false;

    /// <summary>Appends the bytes that have become certain.</summary>
    public abstract void Add(int id, ArrayBufferWriter<byte> output);

    /// <summary>Appends the rest and starts anew.</summary>
    public virtual void Flush(ArrayBufferWriter<byte> output)
    {
    }
}
