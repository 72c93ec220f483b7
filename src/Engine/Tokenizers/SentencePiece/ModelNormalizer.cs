using System.Buffers;
using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// The normaliser of a SentencePiece model: user-defined pieces stay, the character map rewrites the rest,
/// and spaces become U+2581.
/// </summary>
internal sealed class ModelNormalizer(SentencePieceModel model, LongestPrefix? userDefined)
{
    private static readonly byte[] Space = [0xE2, 0x96, 0x81];
    private static readonly byte[] Replacement = [0xEF, 0xBF, 0xBD];

    private readonly byte[] _space = model.EscapesSpaces ? Space : [(byte)' '];

    /// <summary>Appends the normalised text.</summary>
    public void Normalize(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> output)
    {
        if (model.RemovesExtraSpaces)
        {
            while (!text.IsEmpty && Item(text, out int skipped).SequenceEqual(" "u8))
            {
                text = text[skipped..];
            }
        }
        if (text.IsEmpty)
        {
            return;
        }
        if (model.AddsDummyPrefix && !model.HasSpaceAsSuffix)
        {
            output.Write(_space);
        }
        WriteItems(text, output);
        if (model.RemovesExtraSpaces)
        {
            int kept = output.WrittenCount;
            while (output.WrittenSpan[..kept].EndsWith(_space))
            {
                kept -= _space.Length;
            }
            Truncate(output, kept);
        }
        if (model.AddsDummyPrefix && model.HasSpaceAsSuffix)
        {
            output.Write(_space);
        }
    }

    private void WriteItems(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> output)
    {
        bool isAfterSpace = model.RemovesExtraSpaces;
        while (!text.IsEmpty)
        {
            ReadOnlySpan<byte> item = Item(text, out int length);
            text = text[length..];
            item = isAfterSpace ? item.TrimStart((byte)' ') : item;
            if (!item.IsEmpty)
            {
                NormalizerStep.Replace(item, " "u8, _space, output);
                isAfterSpace = model.RemovesExtraSpaces && item[^1] == ' ';
            }
        }
    }

    /// <summary>What the beginning of a text is rewritten to, and how many bytes that beginning has.</summary>
    private ReadOnlySpan<byte> Item(ReadOnlySpan<byte> text, out int length)
    {
        if (userDefined is not null && userDefined.Match(text, out length) >= 0)
        {
            return text[..length];
        }
        ReadOnlySpan<byte> replacement = default;
        length = model.Map is null ? 0 : model.Map.Match(text, out replacement);
        if (length > 0)
        {
            return replacement;
        }
        if (Rune.DecodeFromUtf8(text, out _, out length) == OperationStatus.Done)
        {
            return text[..length];
        }
        length = 1;
        return Replacement;
    }

    private static void Truncate(ArrayBufferWriter<byte> output, int length)
    {
        if (length < output.WrittenCount)
        {
            byte[] kept = output.WrittenSpan[..length].ToArray();
            output.ResetWrittenCount();
            output.Write(kept);
        }
    }
}
