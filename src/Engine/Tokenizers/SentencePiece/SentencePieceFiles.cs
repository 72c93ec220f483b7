namespace Inheritune.Engine.Tokenizers;

/// <summary>A SentencePiece model with what the files beside it say.</summary>
internal static class SentencePieceFiles
{
    /// <exception cref="TokenizerException">The model is damaged or of another type.</exception>
    public static SymbolDefinition Read(string path, SpecialTokenNames names)
    {
        SentencePieceModel model = SentencePieceModel.Read(path);
        var added = new SortedDictionary<int, AddedToken>();
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            if (model.Pieces[id].Kind is PieceKind.Control or PieceKind.Unknown)
            {
                added[id] = new AddedToken(id, model.Pieces[id].Text);
            }
        }
        // Tokens that were added to the model later, as a padding token often is.
        foreach (AddedToken token in names.Added.Where(token => token.Id >= model.Pieces.Count))
        {
            added[token.Id] = token;
        }
        int? begin = ControlId(model.BeginId);
        int? end = ControlId(model.EndId);
        return new SymbolDefinition
        {
            Vocabulary = SymbolVocabulary.FromModel(model),
            File = model.File,
            Model = model,
            AddedTokens = [.. added.Values],
            Front = begin is { } front && names.AddsBegin != false ? [front] : [],
            Back = end is { } back && names.AddsEnd == true ? [back] : [],
            BeginOfText = begin,
            EndOfText = end,
        };

        int? ControlId(int id) =>
            (uint)id < (uint)model.Pieces.Count && model.Pieces[id].Kind == PieceKind.Control ? id : null;
    }
}
