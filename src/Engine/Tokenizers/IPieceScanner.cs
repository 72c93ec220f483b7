namespace Inheritune.Engine.Tokenizers;

/// <summary>Cuts UTF-8 text into the pieces that merging never crosses.</summary>
internal interface IPieceScanner
{
    /// <summary>
    /// The end of the piece that begins at <paramref name="start"/>, which is inside the text.
    /// </summary>
    static abstract int Next(ReadOnlySpan<byte> text, int start);
}
