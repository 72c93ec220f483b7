using Inheritune.Engine.Files;

namespace Inheritune.Engine.Tokenizers;

/// <summary>Tokenizer files of a model folder.</summary>
public static class TokenizerFolder
{
    private const string JsonName = "tokenizer.json";
    private const string SentencePieceName = "tokenizer.model";
    private const string VocabularyName = "vocab.json";
    private const string MergesName = "merges.txt";
    private const string MergeListName = "vocab.bpe";

    /// <summary>Whether a folder holds tokenizer files of any kind.</summary>
    public static bool Exists(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Has(folder, JsonName) || Has(folder, SentencePieceName) || Has(folder, MergeListName)
            || (Has(folder, VocabularyName) && Has(folder, MergesName));
    }

    /// <summary>
    /// Reads the tokenizer of a folder: tokenizer.json, else vocab.json with merges.txt, else GPT-2's merge
    /// list vocab.bpe.
    /// </summary>
    /// <exception cref="TokenizerException">
    /// There is none, it is damaged, or it is of a kind not read.
    /// </exception>
    public static TextTokenizer Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (Has(folder, JsonName))
        {
            return Create(WithNames(TokenizerJsonReader.Read(Path.Combine(folder, JsonName)), folder));
        }
        if (Has(folder, VocabularyName) && Has(folder, MergesName))
        {
            return Create(WithNames(Gpt2Files.ReadVocabularyAndMerges(folder), folder));
        }
        if (Has(folder, MergeListName))
        {
            return LoadGpt2(Path.Combine(folder, MergeListName));
        }
        throw new TokenizerException(Has(folder, SentencePieceName)
            ? $"{folder}: tokenizer: expected a byte-level BPE tokenizer, got {SentencePieceName} "
                + $"alone, which is "
                + "not supported yet. Use a model with a tokenizer.json of byte-level BPE, or train "
                + "a tokenizer."
            : $"{folder}: tokenizer: expected {JsonName} or {VocabularyName} with {MergesName}, got neither. "
                + "Give a folder with a tokenizer, or prepare text into it.");
    }

    /// <summary>Reads one tokenizer.json.</summary>
    /// <exception cref="TokenizerException">It is damaged, or of a kind not read.</exception>
    public static TextTokenizer LoadFile(string path) => Create(TokenizerJsonReader.Read(path));

    /// <summary>GPT-2's tokenizer from its merge list <c>vocab.bpe</c> alone.</summary>
    /// <exception cref="TokenizerException">The list is damaged.</exception>
    public static TextTokenizer LoadGpt2(string mergeListPath) =>
        Create(Gpt2Files.ReadMergeList(mergeListPath));

    /// <summary>
    /// Writes tokenizer.json, tokenizer_config.json, special_tokens_map.json, vocab.json and merges.txt.
    /// Each file is replaced as a whole.
    /// </summary>
    /// <exception cref="TokenizerException">The tokenizer is not one of this engine's.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static void Save(TextTokenizer tokenizer, string folder)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        BpeDefinition definition = tokenizer switch
        {
            ByteLevelBpe bpe => bpe.Definition,
            ByteTokenizer bytes => bytes.Definition,
            _ => throw new TokenizerException(
                $"Save tokenizer: kind: expected a byte-level tokenizer, got {tokenizer.GetType().Name}. "
                + "Copy the files it was read from."),
        };
        Directory.CreateDirectory(folder);
        Write(JsonName, TokenizerJsonWriter.TokenizerJson(definition));
        Write("tokenizer_config.json", TokenizerJsonWriter.ConfigJson(definition));
        Write("special_tokens_map.json", TokenizerJsonWriter.SpecialTokensJson(definition));
        Write(VocabularyName, TokenizerJsonWriter.VocabularyJson(definition));
        AtomicFile.WriteAllText(Path.Combine(folder, MergesName), TokenizerJsonWriter.MergesText(definition));

        void Write(string name, byte[] bytes) => AtomicFile.WriteAllBytes(Path.Combine(folder, name), bytes);
    }

    private static bool Has(string folder, string name) => File.Exists(Path.Combine(folder, name));

    private static TextTokenizer Create(BpeDefinition definition) =>
        ByteTokenizer.Describes(definition) ? new ByteTokenizer() : new ByteLevelBpe(definition);

    /// <summary>The folder's other files say which tokens begin and end a text.</summary>
    private static BpeDefinition WithNames(BpeDefinition definition, string folder)
    {
        SpecialTokenNames names = SpecialTokenNames.Read(folder);
        int? end = IdOf(names.End) ?? definition.EndOfText;
        foreach (string name in SpecialNames.EndsOfText)
        {
            end ??= IdOf(name);
        }
        return definition with { BeginOfText = IdOf(names.Begin), EndOfText = end };

        int? IdOf(string? content) => definition.AddedTokens.FirstOrDefault(t => t.Content == content)?.Id;
    }
}
