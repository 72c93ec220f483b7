using System.Text;
using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Reads the SentencePiece form of tokenizer.json: a normaliser of Prepend and Replace or a Metaspace
/// pre-tokenizer, a vocabulary of characters, and byte fallback.
/// </summary>
internal sealed class SymbolJsonReader
{
    private readonly TokenizerJsonFile _file;
    private bool _decodesBytes;
    private int _strippedSpaces;
    private bool _stripsFirstToken;

    private SymbolJsonReader(TokenizerJsonFile file)
    {
        _file = file;
    }

    /// <exception cref="TokenizerException">The file is damaged or describes something else.</exception>
    public static SymbolDefinition Read(TokenizerJsonFile file) => new SymbolJsonReader(file).Read();

    private SymbolDefinition Read()
    {
        _file.CheckModel();
        List<NormalizerStep> steps = ReadNormalizer();
        MetaspaceRule? metaspace = ReadPreTokenizer();
        ReadDecoder();
        (IReadOnlyList<int> front, IReadOnlyList<int> back) = _file.ReadTemplate();
        Dictionary<string, int> vocabulary = _file.ReadVocabulary();
        AddedToken[] added = _file.ReadAddedTokens(vocabulary);
        return new SymbolDefinition
        {
            Vocabulary = SymbolVocabulary.FromJson(
                vocabulary, _file.ReadMerges(), _file.UnknownToken,
                fusesUnknown: JsonMembers.GetFlag(_file.Model, "fuse_unk", missing: false),
                hasByteFallback: JsonMembers.GetFlag(_file.Model, "byte_fallback", missing: false)),
            File = _file.Bytes,
            Steps = steps,
            Metaspace = metaspace,
            IgnoresMerges = JsonMembers.GetFlag(_file.Model, "ignore_merges", missing: false),
            DecodesBytes = _decodesBytes,
            StrippedSpaces = _strippedSpaces,
            StripsFirstToken = _stripsFirstToken,
            AddedTokens = added,
            Front = front,
            Back = back,
            EndOfText = SpecialNames.EndOfTextIn(added),
        };
    }

    private List<NormalizerStep> ReadNormalizer()
    {
        var steps = new List<NormalizerStep>();
        if (!JsonMembers.TryGet(_file.Root, "normalizer", out JsonElement normalizer))
        {
            return steps;
        }
        foreach (JsonElement part in _file.Parts(normalizer, "normalizers"))
        {
            string place = $"{_file.Path}: normalizer";
            string type = _file.TypeOf(part, "normalizer");
            steps.Add(type switch
            {
                "NFC" => new NormalizerStep(NormalizerStepKind.Compose, [], []),
                "Prepend" => new NormalizerStep(
                    NormalizerStepKind.Prepend, [], Utf8(JsonMembers.GetText(part, "prepend", place))),
                "Replace" => ReadReplace(part, place),
                _ => throw _file.Refused("normalizer", type, "NFC, Prepend, Replace or none"),
            });
        }
        return steps;
    }

    private NormalizerStep ReadReplace(JsonElement part, string place)
    {
        string from = ReadPattern(part, place);
        return new NormalizerStep(
            NormalizerStepKind.Replace, Utf8(from), Utf8(JsonMembers.GetText(part, "content", place)));
    }

    private string ReadPattern(JsonElement part, string place)
    {
        string pattern = JsonMembers.GetText(
            JsonMembers.Get(part, "pattern", place), "String", $"{place} Replace pattern");
        return pattern.Length > 0
            ? pattern
            : throw _file.Refused("Replace pattern", "an empty string", "text");
    }

    private MetaspaceRule? ReadPreTokenizer()
    {
        MetaspaceRule? rule = null;
        if (!JsonMembers.TryGet(_file.Root, "pre_tokenizer", out JsonElement preTokenizer))
        {
            return rule;
        }
        foreach (JsonElement part in _file.Parts(preTokenizer, "pretokenizers"))
        {
            string type = _file.TypeOf(part, "pre_tokenizer");
            if (type != "Metaspace" || rule is not null)
            {
                throw _file.Refused("pre_tokenizer", type, "ByteLevel, one Metaspace, or none");
            }
            rule = new MetaspaceRule(
                ReadScheme(part), JsonMembers.GetFlag(part, "split", missing: true));
        }
        return rule;
    }

    private PrependScheme ReadScheme(JsonElement part)
    {
        RequireReplacement(part, "pre_tokenizer");
        if (JsonMembers.TryGet(part, "prepend_scheme", out JsonElement scheme))
        {
            return JsonMembers.AsText(scheme, $"{_file.Path}: prepend_scheme") switch
            {
                "always" => PrependScheme.Always,
                "first" => PrependScheme.First,
                "never" => PrependScheme.Never,
                string other => throw _file.Refused("prepend_scheme", other, "always, first or never"),
            };
        }
        return JsonMembers.GetFlag(part, "add_prefix_space", missing: true)
            ? PrependScheme.Always
            : PrependScheme.Never;
    }

    private void RequireReplacement(JsonElement part, string name)
    {
        string replacement = JsonMembers.GetText(part, "replacement", $"{_file.Path}: {name} Metaspace");
        if (replacement != SentencePieceModel.Space.ToString())
        {
            throw _file.Refused($"{name} Metaspace replacement", replacement, "U+2581");
        }
    }

    /// <summary>The parts of the one sequence that such files have, in its order; each may be missing.</summary>
    private void ReadDecoder()
    {
        if (!JsonMembers.TryGet(_file.Root, "decoder", out JsonElement decoder))
        {
            return;
        }
        bool isFused = false;
        bool isAlone = false;
        foreach (JsonElement part in _file.Parts(decoder, "decoders"))
        {
            string place = $"{_file.Path}: decoder";
            string type = _file.TypeOf(part, "decoder");
            if (isAlone)
            {
                throw _file.Refused("decoder", $"{type} after Metaspace", "Metaspace alone");
            }
            switch (type)
            {
                case "Replace" when ReadPattern(part, place) == SentencePieceModel.Space.ToString()
                    && JsonMembers.GetText(part, "content", place) == " ":
                    break;
                case "ByteFallback" when !isFused:
                    _decodesBytes = true;
                    break;
                case "Fuse":
                    isFused = true;
                    break;
                case "Strip" when isFused && JsonMembers.GetText(part, "content", place) == " ":
                    _strippedSpaces = JsonMembers.AsId(JsonMembers.Get(part, "start", place), place);
                    if (JsonMembers.AsId(JsonMembers.Get(part, "stop", place), place) != 0)
                    {
                        throw _file.Refused("decoder Strip stop", "another count", "0");
                    }
                    break;
                case "Metaspace":
                    RequireReplacement(part, "decoder");
                    _stripsFirstToken = ReadScheme(part) != PrependScheme.Never;
                    isAlone = true;
                    break;
                default:
                    throw _file.Refused(
                        "decoder", type, "Replace of U+2581, ByteFallback, Fuse and Strip, or Metaspace");
            }
        }
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
