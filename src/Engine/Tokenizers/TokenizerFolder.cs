namespace Inheritune.Engine.Tokenizers;

/// <summary>Tokenizer files of a model folder.</summary>
public static partial class TokenizerFolder
{
    private const string JsonName = "tokenizer.json";
    private const string ModelName = "tokenizer.model";
    private const string VocabularyName = "vocab.json";
    private const string MergesName = "merges.txt";
    private const string MergeListName = "vocab.bpe";

    /// <summary>A text with what tokenizers of different origin are likely to treat differently.</summary>
    private const string Probe =
        "Hello  world, it's 12345 caf\u00e9 cafe\u0301!\n\n\tx = [1, 2];   \u4f60\u597d \ud83d\ude00\u2581 \u00a0end ";

    /// <summary>Whether a folder holds tokenizer files of any kind.</summary>
    public static bool Exists(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Has(folder, JsonName) || Has(folder, ModelName) || Has(folder, MergeListName)
            || (Has(folder, VocabularyName) && Has(folder, MergesName));
    }

    /// <summary>
    /// Reads the tokenizer of a folder: tokenizer.json, else tokenizer.model (SentencePiece or ranks), else
    /// vocab.json with merges.txt, else GPT-2's merge list vocab.bpe. A SentencePiece model that rewrites text
    /// in ways tokenizer.json cannot say (OpenLLaMA) goes first.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="verifies">
    /// Whether tokenizer.json and tokenizer.model, where both are there, must give the same ids for a probe
    /// text.
    /// </param>
    /// <exception cref="TokenizerException">
    /// There is none, it is damaged, it is of a kind not read, or two files disagree.
    /// </exception>
    public static TextTokenizer Load(string folder, bool verifies = false)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (Has(folder, JsonName))
        {
            if (Has(folder, ModelName) && NeedsModel(Path.Combine(folder, ModelName)))
            {
                return LoadModel(folder);
            }
            TextTokenizer fromJson = FromJson(Path.Combine(folder, JsonName), folder);
            if (verifies && Has(folder, ModelName))
            {
                Compare(folder, fromJson, LoadModel(folder));
            }
            return fromJson;
        }
        if (Has(folder, ModelName))
        {
            return LoadModel(folder);
        }
        if (Has(folder, VocabularyName) && Has(folder, MergesName))
        {
            return Create(WithNames(Gpt2Files.ReadVocabularyAndMerges(folder), folder));
        }
        if (Has(folder, MergeListName))
        {
            return LoadGpt2(Path.Combine(folder, MergeListName));
        }
        throw new TokenizerException(
            $"{folder}: tokenizer: expected {JsonName}, {ModelName}, or {VocabularyName} with {MergesName}, "
            + "got none of them. Give a folder with a tokenizer, or prepare text into it.");
    }

    /// <summary>Reads one file: tokenizer.json, a SentencePiece model, or a rank file.</summary>
    /// <exception cref="TokenizerException">It is damaged, or of a kind not read.</exception>
    public static TextTokenizer LoadFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return FromJson(path, null);
        }
        return IsRankFile(path)
            ? LoadRanks(path)
            : new SentencePieceBpe(SentencePieceFiles.Read(path, SpecialTokenNames.None));
    }

    /// <summary>GPT-2's tokenizer from its merge list <c>vocab.bpe</c> alone.</summary>
    /// <exception cref="TokenizerException">The list is damaged.</exception>
    public static TextTokenizer LoadGpt2(string mergeListPath) =>
        Create(Gpt2Files.ReadMergeList(mergeListPath));

    /// <summary>A rank file, as tiktoken and Llama 3 have them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cut">
    /// How text is cut; may be left out for r50k_base, p50k_base, cl100k_base and Llama 3, which are known by
    /// their number of ranks.
    /// </param>
    /// <exception cref="TokenizerException">It is damaged, or it is not known how its text is cut.</exception>
    public static TextTokenizer LoadRanks(string path, PieceCut? cut = null) =>
        Create(RankFile.Read(path, cut, []));

    private static bool Has(string folder, string name) => File.Exists(Path.Combine(folder, name));

    private static bool IsRankFile(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            var head = new byte[4096];
            int length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return RankFile.IsRankFile(head.AsSpan(0, length));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException($"{path}: cannot be read. {fault.Message} Check the path.", fault);
        }
    }

    /// <summary>
    /// Whether a model does what no tokenizer.json says; a model of another type does not count.
    /// </summary>
    private static bool NeedsModel(string path)
    {
        if (IsRankFile(path))
        {
            return false;
        }
        try
        {
            SentencePieceModel model = SentencePieceModel.Read(path);
            return model.RemovesExtraSpaces || model.Map is not null;
        }
        catch (TokenizerException)
        {
            return false;
        }
    }

    private static TextTokenizer LoadModel(string folder)
    {
        string path = Path.Combine(folder, ModelName);
        SpecialTokenNames names = SpecialTokenNames.Read(folder);
        if (IsRankFile(path))
        {
            // In model folders only Llama 3 and what is made from it has ranks in this file.
            return Create(WithNames(RankFile.Read(path, PieceCut.Llama3, names.Added), folder));
        }
        return new SentencePieceBpe(WithNames(SentencePieceFiles.Read(path, names), folder));
    }

    private static TextTokenizer FromJson(string path, string? folder)
    {
        var file = new TokenizerJsonFile(path);
        if (file.IsByteLevel)
        {
            BpeDefinition definition = ByteLevelJsonReader.Read(file);
            return Create(folder is null ? definition : WithNames(definition, folder));
        }
        SymbolDefinition symbols = SymbolJsonReader.Read(file);
        return new SentencePieceBpe(folder is null ? symbols : WithNames(symbols, folder));
    }

    private static void Compare(string folder, TextTokenizer fromJson, TextTokenizer fromModel)
    {
        IReadOnlyList<int> one = fromJson.Encode(Probe, EncodeOptions.PlainText);
        IReadOnlyList<int> other = fromModel.Encode(Probe, EncodeOptions.PlainText);
        if (!one.SequenceEqual(other))
        {
            int at = one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
            throw new TokenizerException(
                $"{folder}: {JsonName} and {ModelName}: expected the same ids for a probe text, got "
                + $"{(at < one.Count ? one[at] : "no")} and {(at < other.Count ? other[at] : "no")} at place "
                + $"{at}. One of them belongs to another model. Remove the wrong one.");
        }
    }

    private static TextTokenizer Create(BpeDefinition definition) =>
        ByteTokenizer.Describes(definition) ? new ByteTokenizer() : new ByteLevelBpe(definition);

    /// <summary>The folder's other files say which tokens begin and end a text.</summary>
    private static BpeDefinition WithNames(BpeDefinition definition, string folder)
    {
        (int? begin, int? end) = Ends(
            folder, definition.AddedTokens, definition.BeginOfText, definition.EndOfText);
        return definition with { BeginOfText = begin, EndOfText = end };
    }

    private static SymbolDefinition WithNames(SymbolDefinition definition, string folder)
    {
        (int? begin, int? end) = Ends(
            folder, definition.AddedTokens, definition.BeginOfText, definition.EndOfText);
        return definition with { BeginOfText = begin, EndOfText = end };
    }

    private static (int? Begin, int? End) Ends(
        string folder, IReadOnlyList<AddedToken> added, int? begin, int? end)
    {
        SpecialTokenNames names = SpecialTokenNames.Read(folder);
        end = IdOf(names.End) ?? end;
        foreach (string name in SpecialNames.EndsOfText)
        {
            end ??= IdOf(name);
        }
        return (IdOf(names.Begin) ?? begin, end);

        int? IdOf(string? content) => added.FirstOrDefault(token => token.Content == content)?.Id;
    }
}
