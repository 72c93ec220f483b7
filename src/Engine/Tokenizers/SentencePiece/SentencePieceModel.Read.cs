namespace Inheritune.Engine.Tokenizers;

/// <content>Reading and checking.</content>
internal sealed partial class SentencePieceModel
{
    private const int MaxFileBytes = 16 << 20;
    private const int MaxPieceBytes = 1024;
    private const int TypeBpe = 2;

    /// <exception cref="TokenizerException">The file is damaged or a model of another type.</exception>
    public static SentencePieceModel Read(string path) =>
        Parse(JsonMembers.ReadBytes(path, MaxFileBytes), path);

    /// <exception cref="TokenizerException">The bytes are damaged or a model of another type.</exception>
    public static SentencePieceModel Parse(byte[] file, string place)
    {
        var model = new SentencePieceModel(file);
        int modelType = 1;
        var reader = new ProtobufReader(file, place);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    model._pieces.Add(ReadPiece(reader.AsBytes(), $"{place}: piece {model._pieces.Count}"));
                    break;
                case 2:
                    model.ReadTrainer(reader.AsBytes(), $"{place}: trainer", ref modelType);
                    break;
                case 3:
                    model.ReadNormalizer(reader.AsBytes(), $"{place}: normalizer");
                    break;
                case 5:
                    RefuseMap(reader.AsBytes(), $"{place}: denormalizer");
                    break;
            }
        }
        if (model._pieces.Count == 0)
        {
            throw new TokenizerException(
                $"{place}: content: expected a SentencePiece model, got no pieces. Get the file again.");
        }
        if (modelType != TypeBpe)
        {
            string name = modelType switch { 1 => "unigram", 3 => "word", 4 => "char", _ => $"{modelType}" };
            throw new TokenizerException(
                $"{place}: model type: expected BPE, got {name}. This engine reads SentencePiece BPE only.");
        }
        model.CheckPieces(place);
        return model;
    }

    private static Piece ReadPiece(ReadOnlySpan<byte> message, string place)
    {
        string text = "";
        float score = 0;
        int kind = (int)PieceKind.Normal;
        var reader = new ProtobufReader(message, place);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    if (reader.AsBytes().Length > MaxPieceBytes)
                    {
                        throw new TokenizerException(
                            $"{place}: length: expected at most {MaxPieceBytes} bytes, got "
                            + $"{reader.AsBytes().Length}. Get the file again.");
                    }
                    text = reader.AsText();
                    break;
                case 2:
                    score = reader.AsFloat();
                    break;
                case 3:
                    kind = reader.AsInt();
                    break;
            }
        }
        if (text.Length == 0 || kind is < 1 or > 6)
        {
            throw new TokenizerException(
                $"{place}: expected text and a type from 1 to 6, got \"{text}\" of type {kind}. "
                + "Get the file again.");
        }
        return new Piece(text, score, (PieceKind)kind);
    }

    private void ReadTrainer(ReadOnlySpan<byte> message, string place, ref int modelType)
    {
        var reader = new ProtobufReader(message, place);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    modelType = reader.AsInt();
                    break;
                case 24:
                    HasSpaceAsSuffix = reader.AsFlag();
                    break;
                case 35:
                    HasByteFallback = reader.AsFlag();
                    break;
                case 41:
                    BeginId = reader.AsInt();
                    break;
                case 42:
                    EndId = reader.AsInt();
                    break;
                case 44:
                    UnknownSurface = reader.AsText();
                    break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> message, string place)
    {
        var reader = new ProtobufReader(message, place);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    Map = reader.AsBytes().IsEmpty ? null : new CharacterMap(reader.AsBytes(), place);
                    break;
                case 3:
                    AddsDummyPrefix = reader.AsFlag();
                    break;
                case 4:
                    RemovesExtraSpaces = reader.AsFlag();
                    break;
                case 5:
                    EscapesSpaces = reader.AsFlag();
                    break;
            }
        }
    }

    private static void RefuseMap(ReadOnlySpan<byte> message, string place)
    {
        var reader = new ProtobufReader(message, place);
        while (reader.Next())
        {
            if (reader.Field == 2 && !reader.AsBytes().IsEmpty)
            {
                throw new TokenizerException(
                    $"{place}: character map: expected none, got {reader.AsBytes().Length} bytes. "
                    + "This engine does not rewrite text when decoding.");
            }
        }
    }

    private void CheckPieces(string place)
    {
        var mergeable = new HashSet<string>(StringComparer.Ordinal);
        var others = new HashSet<string>(StringComparer.Ordinal);
        var isByteSeen = new bool[256];
        UnknownId = -1;
        for (int id = 0; id < _pieces.Count; id++)
        {
            Piece piece = _pieces[id];
            if (!(piece.IsMergeable ? mergeable : others).Add(piece.Text))
            {
                throw Wrong($"piece {id}", "each piece once", $"\"{piece.Text}\" twice");
            }
            if (piece.Kind == PieceKind.Unknown)
            {
                UnknownId = UnknownId < 0 ? id : throw Wrong("pieces", "one unknown piece", "two");
            }
            if (piece.Kind == PieceKind.Byte)
            {
                int value = ByteOf(piece.Text);
                if (value < 0)
                {
                    throw Wrong($"piece {id}", "a byte as <0x41>", $"\"{piece.Text}\"");
                }
                isByteSeen[value] = true;
            }
        }
        if (UnknownId < 0)
        {
            throw Wrong("pieces", "one unknown piece", "none");
        }
        if (HasByteFallback && isByteSeen.Contains(false))
        {
            throw Wrong("pieces", "all 256 byte pieces", $"{isByteSeen.Count(seen => seen)}");
        }

        TokenizerException Wrong(string what, string expected, string got) =>
            new($"{place}: {what}: expected {expected}, got {got}. Get the file again.");
    }
}
