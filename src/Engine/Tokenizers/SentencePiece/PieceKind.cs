namespace Inheritune.Engine.Tokenizers;

/// <summary>What a SentencePiece piece is, by its number in the file.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}
