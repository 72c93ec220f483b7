using System.Buffers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>One step of a normaliser in tokenizer.json.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="From">What <see cref="NormalizerStepKind.Replace"/> looks for, as UTF-8.</param>
/// <param name="To">What it puts there or in front, as UTF-8.</param>
internal sealed record NormalizerStep(NormalizerStepKind Kind, byte[] From, byte[] To)
{
    /// <summary>Appends the rewritten text; an empty text stays empty.</summary>
    public void Apply(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> output)
    {
        switch (Kind)
        {
            case NormalizerStepKind.Compose:
                Composition.Compose(text, output);
                break;
            case NormalizerStepKind.Prepend:
                output.Write(text.IsEmpty ? default : To);
                output.Write(text);
                break;
            default:
                Replace(text, From, To, output);
                break;
        }
    }

    public static void Replace(
        ReadOnlySpan<byte> text, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ArrayBufferWriter<byte> output)
    {
        while (text.IndexOf(from) is >= 0 and int found)
        {
            output.Write(text[..found]);
            output.Write(to);
            text = text[(found + from.Length)..];
        }
        output.Write(text);
    }
}
