using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Reads a byte-level BPE tokenizer from tokenizer.json. A component of another type is refused by its name,
/// never approximated.
/// </summary>
internal sealed class TokenizerJsonReader
{
    private readonly string _path;
    private readonly JsonElement _root;
    private bool _isByteLevel;
    private bool _addsPrefixSpace;
    private PieceCut? _splitCut;
    private PieceCut _cut = PieceCut.None;
    private readonly List<int> _front = [];
    private readonly List<int> _back = [];

    private TokenizerJsonReader(string path)
    {
        _path = path;
        _root = JsonFile.Read(path);
    }

    /// <exception cref="TokenizerException">The file is damaged or describes something else.</exception>
    public static BpeDefinition Read(string path) => new TokenizerJsonReader(path).Read();

    private BpeDefinition Read()
    {
        bool isComposed = ReadNormalizer();
        JsonElement model = JsonFile.Get(_root, "model", _path);
        CheckModel(model);
        ReadPreTokenizer();
        ReadDecoder();
        ReadPostProcessor();
        Dictionary<string, int> vocabulary = ReadVocabulary(JsonFile.Get(model, "vocab", _path));
        AddedToken[] added = ReadAddedTokens(vocabulary);
        return new BpeDefinition
        {
            Vocabulary = vocabulary,
            Merges = ReadMerges(JsonFile.Get(model, "merges", _path)),
            AddedTokens = added,
            Cut = _cut,
            AddsPrefixSpace = _addsPrefixSpace,
            IgnoresMerges = JsonFile.GetFlag(model, "ignore_merges", missing: false),
            UnknownToken = JsonFile.TryGet(model, "unk_token", out JsonElement unknown)
                ? JsonFile.AsText(unknown, $"{_path}: unk_token")
                : null,
            FusesUnknown = JsonFile.GetFlag(model, "fuse_unk", missing: false),
            IsComposed = isComposed,
            Front = _front,
            Back = _back,
            EndOfText = SpecialNames.EndsOfText
                .Select(name => added.FirstOrDefault(token => token.IsSpecial && token.Content == name)?.Id)
                .FirstOrDefault(id => id is not null),
            Truncation = RawOrNull("truncation"),
            Padding = RawOrNull("padding"),
        };
    }

    private string RawOrNull(string name) =>
        _root.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : "null";

    private bool ReadNormalizer()
    {
        if (!JsonFile.TryGet(_root, "normalizer", out JsonElement normalizer))
        {
            return false;
        }
        bool isComposed = false;
        foreach (JsonElement part in Parts(normalizer, "normalizers"))
        {
            string type = JsonFile.GetText(part, "type", $"{_path}: normalizer");
            isComposed |= type switch
            {
                "NFC" => true,
                "Prepend" or "Replace" => throw SentencePiece($"normalizer \"{type}\""),
                _ => throw Refused("normalizer", type, "NFC or none"),
            };
        }
        return isComposed;
    }

    private void CheckModel(JsonElement model)
    {
        string type = JsonFile.TryGet(model, "type", out JsonElement given)
            ? JsonFile.AsText(given, $"{_path}: model type")
            : JsonFile.TryGet(model, "merges", out _) ? "BPE" : "none";
        if (type != "BPE")
        {
            throw Refused("model", type, "BPE");
        }
        if (JsonFile.GetFlag(model, "byte_fallback", missing: false))
        {
            throw SentencePiece("byte_fallback");
        }
        if (JsonFile.TryGet(model, "dropout", out JsonElement dropout)
            && dropout.GetRawText() is not ("0" or "0.0"))
        {
            throw Refused("model dropout", dropout.GetRawText(), "none");
        }
        foreach (string name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (JsonFile.TryGet(model, name, out JsonElement affix)
                && JsonFile.AsText(affix, $"{_path}: {name}").Length > 0)
            {
                throw Refused($"model {name}", affix.GetString()!, "none");
            }
        }
    }

    private void ReadPreTokenizer()
    {
        if (JsonFile.TryGet(_root, "pre_tokenizer", out JsonElement preTokenizer))
        {
            foreach (JsonElement part in Parts(preTokenizer, "pretokenizers"))
            {
                ReadPreTokenizerPart(part);
            }
        }
        if (!_isByteLevel)
        {
            throw SentencePiece("no ByteLevel pre-tokenizer");
        }
    }

    private void ReadPreTokenizerPart(JsonElement part)
    {
        string type = JsonFile.GetText(part, "type", $"{_path}: pre_tokenizer");
        switch (type)
        {
            case "Split" when !_isByteLevel && _splitCut is null:
                _splitCut = ReadSplit(part);
                break;
            case "ByteLevel" when !_isByteLevel:
                _isByteLevel = true;
                _addsPrefixSpace = JsonFile.GetFlag(part, "add_prefix_space", missing: true);
                bool cuts = JsonFile.GetFlag(part, "use_regex", missing: true);
                if (_splitCut is not null && (cuts || _addsPrefixSpace))
                {
                    throw Refused(
                        "pre_tokenizer", "Split and a ByteLevel that cuts or adds a space too", "one of them");
                }
                _cut = _splitCut ?? (cuts ? PieceCut.Gpt2 : PieceCut.None);
                break;
            case "Metaspace":
                throw SentencePiece("pre_tokenizer \"Metaspace\"");
            default:
                throw Refused("pre_tokenizer", type, "ByteLevel, or Split and ByteLevel");
        }
    }

    private PieceCut ReadSplit(JsonElement part)
    {
        JsonElement pattern = JsonFile.Get(part, "pattern", $"{_path}: pre_tokenizer Split");
        string regex = JsonFile.GetText(pattern, "Regex", $"{_path}: pre_tokenizer Split pattern");
        string behavior = JsonFile.GetText(part, "behavior", $"{_path}: pre_tokenizer Split");
        if (behavior != "Isolated" || JsonFile.GetFlag(part, "invert", missing: false))
        {
            throw Refused("pre_tokenizer Split behavior", behavior, "Isolated, not inverted");
        }
        return regex switch
        {
            Gpt2Scanner.Pattern => PieceCut.Gpt2,
            Llama3Scanner.Pattern => PieceCut.Llama3,
            _ => throw Refused("pre_tokenizer Split pattern", regex, "the pattern of GPT-2 or of Llama 3"),
        };
    }

    private void ReadDecoder()
    {
        if (!JsonFile.TryGet(_root, "decoder", out JsonElement decoder))
        {
            return;
        }
        foreach (JsonElement part in Parts(decoder, "decoders"))
        {
            string type = JsonFile.GetText(part, "type", $"{_path}: decoder");
            if (type != "ByteLevel")
            {
                throw Refused("decoder", type, "ByteLevel");
            }
        }
    }

    private void ReadPostProcessor()
    {
        if (!JsonFile.TryGet(_root, "post_processor", out JsonElement processor))
        {
            return;
        }
        foreach (JsonElement part in Parts(processor, "processors"))
        {
            string type = JsonFile.GetText(part, "type", $"{_path}: post_processor");
            if (type == "TemplateProcessing")
            {
                ReadTemplate(part);
            }
            else if (type != "ByteLevel")
            {
                throw Refused("post_processor", type, "ByteLevel or TemplateProcessing");
            }
        }
    }

    private void ReadTemplate(JsonElement part)
    {
        string place = $"{_path}: post_processor TemplateProcessing";
        List<int> side = _front;
        foreach (JsonElement item in Items(JsonFile.Get(part, "single", place), place))
        {
            if (JsonFile.TryGet(item, "Sequence", out _))
            {
                side = _back;
                continue;
            }
            JsonElement special = JsonFile.Get(item, "SpecialToken", place);
            string name = JsonFile.GetText(special, "id", place);
            JsonElement entry = JsonFile.Get(JsonFile.Get(part, "special_tokens", place), name, place);
            foreach (JsonElement id in Items(JsonFile.Get(entry, "ids", place), place))
            {
                side.Add(JsonFile.AsId(id, place));
            }
        }
    }

    private Dictionary<string, int> ReadVocabulary(JsonElement vocabulary)
    {
        if (vocabulary.ValueKind != JsonValueKind.Object)
        {
            throw Refused("model vocab", vocabulary.ValueKind.ToString(), "an object from token to id");
        }
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonProperty entry in vocabulary.EnumerateObject())
        {
            ids.Add(entry.Name, JsonFile.AsId(entry.Value, $"{_path}: vocab"));
        }
        return ids;
    }

    private List<(string, string)> ReadMerges(JsonElement merges)
    {
        var pairs = new List<(string, string)>();
        foreach (JsonElement merge in Items(merges, $"{_path}: merges"))
        {
            string place = $"{_path}: merges, entry {pairs.Count}";
            if (merge.ValueKind == JsonValueKind.Array)
            {
                if (merge.GetArrayLength() != 2)
                {
                    throw new TokenizerException(
                        $"{place}: expected two parts, got {merge.GetArrayLength()}.");
                }
                pairs.Add((JsonFile.AsText(merge[0], place), JsonFile.AsText(merge[1], place)));
                continue;
            }
            string line = JsonFile.AsText(merge, place);
            if (pairs.Count > 0 || !line.StartsWith("#version", StringComparison.Ordinal))
            {
                pairs.Add(MergeLines.Split(line, place));
            }
        }
        return pairs;
    }

    /// <summary>
    /// The library numbers added tokens itself and only warns; here a disagreement is an error.
    /// </summary>
    private AddedToken[] ReadAddedTokens(Dictionary<string, int> vocabulary)
    {
        if (!JsonFile.TryGet(_root, "added_tokens", out JsonElement list))
        {
            return [];
        }
        var tokens = new List<AddedToken>();
        int next = vocabulary.Count;
        foreach (JsonElement item in Items(list, $"{_path}: added_tokens"))
        {
            string place = $"{_path}: added_tokens, entry {tokens.Count}";
            int id = JsonFile.AsId(JsonFile.Get(item, "id", place), place);
            AddedToken token = AddedTokenJson.Read(item, id, place);
            int expected = vocabulary.TryGetValue(token.Content, out int known) ? known : next;
            if (id != expected)
            {
                throw new TokenizerException(
                    $"{place} (\"{token.Content}\"): id: expected {expected}, got {id}. "
                    + "Vocabulary and added tokens do not belong together. Get the file again.");
            }
            next = Math.Max(next, id + 1);
            tokens.Add(token);
        }
        return [.. tokens];
    }

    private IEnumerable<JsonElement> Parts(JsonElement component, string listName)
    {
        bool isSequence = JsonFile.GetText(component, "type", $"{_path}: {listName}") == "Sequence";
        return isSequence
            ? Items(JsonFile.Get(component, listName, _path), $"{_path}: {listName}")
                .SelectMany(part => Parts(part, listName))
            : [component];
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement list, string place) =>
        list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray()
            : throw new TokenizerException(
                $"{place}: expected a list, got {list.ValueKind}. Get the file again.");

    private TokenizerException Refused(string part, string got, string expected) =>
        new($"{_path}: {part}: expected {expected}, got {got}. This engine does not read such tokenizers.");

    private TokenizerException SentencePiece(string sign) =>
        new($"{_path}: kind: expected byte-level BPE, got a SentencePiece form ({sign}), which is not supported "
            + "yet. Use a model with a byte-level tokenizer (GPT-2, OPT, Llama 3), or train a tokenizer.");
}
