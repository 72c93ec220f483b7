using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Reads a byte-level BPE tokenizer from tokenizer.json. A component of another type is refused by its name,
/// never approximated.
/// </summary>
internal sealed class ByteLevelJsonReader
{
    private readonly TokenizerJsonFile _file;
    private bool _addsPrefixSpace;
    private bool _isByteLevel;
    private PieceCut? _splitCut;
    private PieceCut _cut = PieceCut.None;

    private ByteLevelJsonReader(TokenizerJsonFile file)
    {
        _file = file;
    }

    /// <exception cref="TokenizerException">The file is damaged or describes something else.</exception>
    public static BpeDefinition Read(TokenizerJsonFile file) => new ByteLevelJsonReader(file).Read();

    private BpeDefinition Read()
    {
        bool isComposed = ReadNormalizer();
        _file.CheckModel();
        if (JsonMembers.GetFlag(_file.Model, "byte_fallback", missing: false))
        {
            throw _file.Refused("model byte_fallback", "true with ByteLevel", "false");
        }
        ReadPreTokenizer();
        ReadDecoder();
        (IReadOnlyList<int> front, IReadOnlyList<int> back) = _file.ReadTemplate();
        Dictionary<string, int> vocabulary = _file.ReadVocabulary();
        AddedToken[] added = _file.ReadAddedTokens(vocabulary);
        return new BpeDefinition
        {
            Vocabulary = vocabulary,
            Merges = _file.ReadMerges(),
            AddedTokens = added,
            Cut = _cut,
            AddsPrefixSpace = _addsPrefixSpace,
            IgnoresMerges = JsonMembers.GetFlag(_file.Model, "ignore_merges", missing: false),
            UnknownToken = _file.UnknownToken,
            FusesUnknown = JsonMembers.GetFlag(_file.Model, "fuse_unk", missing: false),
            IsComposed = isComposed,
            Front = front,
            Back = back,
            EndOfText = SpecialNames.EndOfTextIn(added),
            Truncation = _file.RawOrNull("truncation"),
            Padding = _file.RawOrNull("padding"),
        };
    }

    private bool ReadNormalizer()
    {
        if (!JsonMembers.TryGet(_file.Root, "normalizer", out JsonElement normalizer))
        {
            return false;
        }
        bool isComposed = false;
        foreach (JsonElement part in _file.Parts(normalizer, "normalizers"))
        {
            string type = _file.TypeOf(part, "normalizer");
            isComposed |= type switch
            {
                "NFC" => true,
                _ => throw _file.Refused("normalizer", type, "NFC or none"),
            };
        }
        return isComposed;
    }

    private void ReadPreTokenizer()
    {
        if (JsonMembers.TryGet(_file.Root, "pre_tokenizer", out JsonElement preTokenizer))
        {
            foreach (JsonElement part in _file.Parts(preTokenizer, "pretokenizers"))
            {
                ReadPreTokenizerPart(part);
            }
        }
    }

    private void ReadPreTokenizerPart(JsonElement part)
    {
        string type = _file.TypeOf(part, "pre_tokenizer");
        switch (type)
        {
            case "Split" when !_isByteLevel && _splitCut is null:
                _splitCut = ReadSplit(part);
                break;
            case "ByteLevel" when !_isByteLevel:
                _isByteLevel = true;
                _addsPrefixSpace = JsonMembers.GetFlag(part, "add_prefix_space", missing: true);
                bool cuts = JsonMembers.GetFlag(part, "use_regex", missing: true);
                if (_splitCut is not null && (cuts || _addsPrefixSpace))
                {
                    throw _file.Refused(
                        "pre_tokenizer", "Split and a ByteLevel that cuts or adds a space too", "one of them");
                }
                _cut = _splitCut ?? (cuts ? PieceCut.Gpt2 : PieceCut.None);
                break;
            default:
                throw _file.Refused("pre_tokenizer", type, "ByteLevel, or Split and ByteLevel");
        }
    }

    private PieceCut ReadSplit(JsonElement part)
    {
        JsonElement pattern = JsonMembers.Get(part, "pattern", $"{_file.Path}: pre_tokenizer Split");
        string regex = JsonMembers.GetText(pattern, "Regex", $"{_file.Path}: pre_tokenizer Split pattern");
        string behavior = JsonMembers.GetText(part, "behavior", $"{_file.Path}: pre_tokenizer Split");
        if (behavior != "Isolated" || JsonMembers.GetFlag(part, "invert", missing: false))
        {
            throw _file.Refused("pre_tokenizer Split behavior", behavior, "Isolated, not inverted");
        }
        return regex switch
        {
            Gpt2Scanner.Pattern => PieceCut.Gpt2,
            Llama3Scanner.Pattern => PieceCut.Llama3,
            _ => throw _file.Refused("pre_tokenizer Split pattern", regex, "the pattern of GPT-2 or of Llama 3"),
        };
    }

    private void ReadDecoder()
    {
        if (!JsonMembers.TryGet(_file.Root, "decoder", out JsonElement decoder))
        {
            return;
        }
        foreach (JsonElement part in _file.Parts(decoder, "decoders"))
        {
            string type = _file.TypeOf(part, "decoder");
            if (type != "ByteLevel")
            {
                throw _file.Refused("decoder", type, "ByteLevel");
            }
        }
    }
}
