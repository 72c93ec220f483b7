using System.Text;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Tokenizers;

/// <content>Writing.</content>
public static partial class TokenizerFolder
{
    /// <summary>
    /// Writes tokenizer.json, tokenizer_config.json and special_tokens_map.json; for byte-level BPE also
    /// vocab.json and merges.txt, for a SentencePiece model also tokenizer.model. Each file is replaced as a
    /// whole.
    /// </summary>
    /// <exception cref="TokenizerException">The tokenizer is not one of this engine's.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static void Save(TextTokenizer tokenizer, string folder)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        switch (tokenizer)
        {
            case ByteLevelBpe bpe:
                SaveBytes(bpe.Definition, folder);
                break;
            case ByteTokenizer bytes:
                SaveBytes(bytes.Definition, folder);
                break;
            case SentencePieceBpe pieces:
                SavePieces(pieces.Definition, folder);
                break;
            default:
                throw new TokenizerException(
                    "Save tokenizer: kind: expected one of this engine's tokenizers, got "
                    + $"{tokenizer.GetType().Name}. Copy the files it was read from.");
        }
    }

    /// <summary>Writes a byte-level vocabulary as a rank file.</summary>
    /// <exception cref="TokenizerException">Merging by ranks would give other ids.</exception>
    public static void SaveRanks(ByteLevelBpe tokenizer, string path)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        AtomicFile.WriteAllBytes(path, RankFile.Write(tokenizer.Definition));
    }

    private static void SaveBytes(BpeDefinition definition, string folder)
    {
        Write(folder, JsonName, TokenizerJsonWriter.TokenizerJson(definition));
        WriteConfig(folder, new TokenizerConfigWriter(
            definition.AddedTokens, definition.BeginOfText, definition.EndOfText,
            TokenizerConfigWriter.FollowsFile)
        { AddsPrefixSpace = definition.AddsPrefixSpace });
        Write(folder, VocabularyName, TokenizerJsonWriter.VocabularyJson(definition));
        Write(folder, MergesName, Encoding.UTF8.GetBytes(TokenizerJsonWriter.MergesText(definition)));
    }

    private static void SavePieces(SymbolDefinition definition, string folder)
    {
        bool hasJson = definition.Model is null || SentencePieceJsonWriter.CanWrite(definition.Model);
        if (hasJson)
        {
            Write(folder, JsonName, definition.Model is null
                ? definition.File
                : SentencePieceJsonWriter.TokenizerJson(definition));
        }
        if (definition.Model is not null)
        {
            Write(folder, ModelName, definition.File);
        }
        WriteConfig(folder, new TokenizerConfigWriter(
            definition.AddedTokens, definition.BeginOfText, definition.EndOfText,
            hasJson ? TokenizerConfigWriter.FollowsFile : "LlamaTokenizer")
        {
            Template = definition.Model is null
                ? null
                : (definition.Front.Count > 0, definition.Back.Count > 0),
        });
    }

    private static void WriteConfig(string folder, TokenizerConfigWriter writer)
    {
        Write(folder, "tokenizer_config.json", writer.ConfigJson());
        Write(folder, "special_tokens_map.json", writer.SpecialTokensJson());
    }

    private static void Write(string folder, string name, byte[] bytes)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.WriteAllBytes(Path.Combine(folder, name), bytes);
    }
}
