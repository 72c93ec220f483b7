using System.Buffers;
using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <content>Ids to text.</content>
public sealed partial class SentencePieceBpe
{
    /// <summary>As the SentencePiece library decodes.</summary>
    private sealed class ModelDecoder(SentencePieceBpe tokenizer, DecodeOptions options, InvalidBytes invalid)
        : IdDecoder
    {
        private readonly SentencePieceModel _model = tokenizer.Definition.Model!;
        private readonly ByteRun _run = new(invalid == InvalidBytes.Keep ? invalid : InvalidBytes.ReplaceEach);
        private bool _isBeginning = true;
        private bool _hasRemovedSpace;
        private bool _hasText;

        public override bool HoldsBytes => !_run.IsEmpty;

        public override void Add(int id, ArrayBufferWriter<byte> output)
        {
            int before = output.WrittenCount;
            SentencePieceModel.Piece? piece =
                (uint)id < (uint)_model.Pieces.Count ? _model.Pieces[id] : null;
            if (piece is { Kind: PieceKind.Byte })
            {
                _run.Add((byte)SentencePieceModel.ByteOf(piece.Text), output);
            }
            else
            {
                _run.End(output);
                _hasText |= output.WrittenCount > before;
                _isBeginning &= !_hasText && !_hasRemovedSpace;
                _hasRemovedSpace = false;
                Write(piece is null ? AddedText(id) : TextOf(piece), output);
            }
            _hasText |= output.WrittenCount > before;
        }

        public override void Flush(ArrayBufferWriter<byte> output)
        {
            _run.End(output);
            (_isBeginning, _hasRemovedSpace, _hasText) = (true, false, false);
        }

        private string TextOf(SentencePieceModel.Piece piece)
        {
            switch (piece.Kind)
            {
                case PieceKind.Control:
                    return "";
                case PieceKind.Unknown:
                    return options.SkipSpecial ? "" : _model.UnknownSurface;
            }
            string text = piece.Text;
            if (_isBeginning && (_model.AddsDummyPrefix || _model.RemovesExtraSpaces)
                && text[0] == SentencePieceModel.Space)
            {
                text = text[1..];
                // Where white space is removed at all, every piece at the beginning loses its space.
                _hasRemovedSpace = !_model.RemovesExtraSpaces;
            }
            return text.Replace(SentencePieceModel.Space, ' ');
        }

        private string AddedText(int id)
        {
            if (tokenizer._addedById.TryGetValue(id, out AddedToken? token))
            {
                return options.SkipSpecial && token.IsSpecial ? "" : token.Content;
            }
            return options.IsStrict ? throw tokenizer.NoText(id) : "";
        }
    }

    /// <summary>As the decoder of tokenizer.json says.</summary>
    private sealed class JsonDecoder(SentencePieceBpe tokenizer, DecodeOptions options, InvalidBytes invalid)
        : IdDecoder
    {
        private readonly SymbolDefinition _definition = tokenizer.Definition;
        private readonly ByteRun _run = new(invalid);
        private readonly ArrayBufferWriter<byte> _text = new();
        private int _spacesToStrip = tokenizer.Definition.StrippedSpaces;
        private bool _isFirst = true;

        public override bool HoldsBytes => !_run.IsEmpty;

        public override void Add(int id, ArrayBufferWriter<byte> output)
        {
            if (options.SkipSpecial && tokenizer.IsSpecial(id))
            {
                return;
            }
            string? token = tokenizer.IdToToken(id);
            if (token is null)
            {
                if (options.IsStrict)
                {
                    throw tokenizer.NoText(id);
                }
                return;
            }
            int value = _definition.DecodesBytes ? SentencePieceModel.ByteOf(token) : -1;
            if (value >= 0)
            {
                _run.Add((byte)value, _text);
            }
            else
            {
                _run.End(_text);
                bool losesSpaces = _isFirst && _definition.StripsFirstToken;
                Write(
                    losesSpaces
                        ? token.Replace(SpaceText, "", StringComparison.Ordinal)
                        : token.Replace(SentencePieceModel.Space, ' '),
                    _text);
            }
            _isFirst = false;
            Release(output);
        }

        public override void Flush(ArrayBufferWriter<byte> output)
        {
            _run.End(_text);
            Release(output);
            _isFirst = true;
            _spacesToStrip = _definition.StrippedSpaces;
        }

        private void Release(ArrayBufferWriter<byte> output)
        {
            ReadOnlySpan<byte> text = _text.WrittenSpan;
            while (_spacesToStrip > 0 && !text.IsEmpty)
            {
                bool isSpace = text[0] == ' ';
                text = isSpace ? text[1..] : text;
                _spacesToStrip = isSpace ? _spacesToStrip - 1 : 0;
            }
            output.Write(text);
            _text.ResetWrittenCount();
        }
    }

    private static readonly string SpaceText = SentencePieceModel.Space.ToString();

    private static void Write(string text, ArrayBufferWriter<byte> output)
    {
        if (text.Length > 0)
        {
            Span<byte> room = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
            output.Advance(Encoding.UTF8.GetBytes(text, room));
        }
    }
}
