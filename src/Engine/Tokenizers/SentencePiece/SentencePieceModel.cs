using System.Globalization;

namespace Inheritune.Engine.Tokenizers;

/// <summary>What a SentencePiece model file says (Kudo and Richardson, arXiv:1808.06226).</summary>
internal sealed partial class SentencePieceModel
{
    /// <summary>U+2581, which stands for a space.</summary>
    public const char Space = '\u2581';

    private readonly List<Piece> _pieces = [];

    private SentencePieceModel(byte[] file)
    {
        File = file;
    }

    /// <summary>The bytes the model was read from.</summary>
    public byte[] File { get; }

    /// <summary>The pieces; a piece's id is its index.</summary>
    public IReadOnlyList<Piece> Pieces => _pieces;

    public int UnknownId { get; private set; }

    public int BeginId { get; private set; } = 1;

    public int EndId { get; private set; } = 2;

    /// <summary>What an unknown token decodes to.</summary>
    public string UnknownSurface { get; private set; } = " \u2047 ";

    public bool HasByteFallback { get; private set; }

    public bool HasSpaceAsSuffix { get; private set; }

    public bool AddsDummyPrefix { get; private set; } = true;

    public bool RemovesExtraSpaces { get; private set; } = true;

    public bool EscapesSpaces { get; private set; } = true;

    public CharacterMap? Map { get; private set; }

    /// <summary>
    /// Whether normalising only puts U+2581 for spaces and in front, which tokenizer.json can say too.
    /// </summary>
    public bool IsPlain => AddsDummyPrefix && EscapesSpaces && !RemovesExtraSpaces && !HasSpaceAsSuffix
        && Map is null;

    /// <summary>The byte a piece of the form <c>&lt;0x41&gt;</c> stands for; −1 for other texts.</summary>
    public static int ByteOf(string piece) =>
        piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
        && byte.TryParse(
            piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
        && piece.AsSpan(3, 2).IndexOfAnyInRange('a', 'f') < 0
            ? value
            : -1;

    /// <summary>One entry of the vocabulary.</summary>
    internal sealed record Piece(string Text, float Score, PieceKind Kind)
    {
        /// <summary>Whether merging may give it.</summary>
        public bool IsMergeable => Kind is PieceKind.Normal or PieceKind.UserDefined or PieceKind.Unused;
    }
}
