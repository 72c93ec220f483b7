using System.Text;
using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// The files of a byte-level BPE tokenizer. The same tokenizer always gives the same bytes.
/// </summary>
internal static class TokenizerJsonWriter
{
    public static byte[] TokenizerJson(BpeDefinition definition) => JsonMembers.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        WriteRaw(json, "truncation", definition.Truncation);
        WriteRaw(json, "padding", definition.Padding);
        WriteAddedTokens(json, definition.AddedTokens);
        WriteRaw(json, "normalizer", definition.IsComposed ? "{\"type\":\"NFC\"}" : "null");
        json.WritePropertyName("pre_tokenizer");
        WritePreTokenizer(json, definition);
        WritePostProcessor(json, definition.Front, definition.Back, NameOf);
        json.WritePropertyName("decoder");
        WriteByteLevel(json, addsPrefixSpace: false, cuts: true);
        WriteModel(json, definition);
        json.WriteEndObject();

        string NameOf(int id) => definition.AddedTokens.FirstOrDefault(token => token.Id == id)?.Content
            ?? definition.Vocabulary.First(entry => entry.Value == id).Key;
    });

    public static void WriteAddedTokens(Utf8JsonWriter json, IReadOnlyList<AddedToken> tokens)
    {
        json.WriteStartArray("added_tokens");
        foreach (AddedToken token in tokens)
        {
            json.WriteStartObject();
            json.WriteNumber("id", token.Id);
            AddedTokenJson.WriteMembers(json, token);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static byte[] VocabularyJson(BpeDefinition definition) =>
        JsonMembers.Write(json => WriteVocabulary(json, definition));

    public static string MergesText(BpeDefinition definition)
    {
        var text = new StringBuilder("#version: 0.2\n");
        foreach ((string left, string right) in definition.Merges)
        {
            text.Append(left).Append(' ').Append(right).Append('\n');
        }
        return text.ToString();
    }

    private static void WriteRaw(Utf8JsonWriter json, string name, string raw)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(raw);
    }

    private static void WritePreTokenizer(Utf8JsonWriter json, BpeDefinition definition)
    {
        if (definition.Cut != PieceCut.Llama3)
        {
            WriteByteLevel(json, definition.AddsPrefixSpace, cuts: definition.Cut == PieceCut.Gpt2);
            return;
        }
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", Llama3Scanner.Pattern);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        WriteByteLevel(json, addsPrefixSpace: false, cuts: false);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, bool addsPrefixSpace, bool cuts)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", addsPrefixSpace);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", cuts);
        json.WriteEndObject();
    }

    public static void WritePostProcessor(
        Utf8JsonWriter json, IReadOnlyList<int> front, IReadOnlyList<int> back, Func<int, string> nameOf)
    {
        if (front.Count + back.Count == 0)
        {
            json.WriteNull("post_processor");
            return;
        }
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        WriteTemplate("single", ("A", 0));
        WriteTemplate("pair", ("A", 0), ("B", 1));
        json.WriteStartObject("special_tokens");
        foreach (int id in front.Concat(back).Distinct())
        {
            json.WriteStartObject(nameOf(id));
            json.WriteString("id", nameOf(id));
            json.WriteStartArray("ids");
            json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            json.WriteStringValue(nameOf(id));
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();

        void WriteTemplate(string name, params (string Id, int Type)[] sequences)
        {
            json.WriteStartArray(name);
            foreach ((string id, int type) in sequences)
            {
                WriteSide(front, type);
                WriteItem("Sequence", id, type);
                WriteSide(back, type);
            }
            json.WriteEndArray();
        }

        void WriteSide(IReadOnlyList<int> side, int type)
        {
            foreach (int id in side)
            {
                WriteItem("SpecialToken", nameOf(id), type);
            }
        }

        void WriteItem(string kind, string id, int type)
        {
            json.WriteStartObject();
            json.WriteStartObject(kind);
            json.WriteString("id", id);
            json.WriteNumber("type_id", type);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static void WriteModel(Utf8JsonWriter json, BpeDefinition definition)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", definition.UnknownToken);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", definition.FusesUnknown);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", definition.IgnoresMerges);
        json.WritePropertyName("vocab");
        WriteVocabulary(json, definition);
        WriteMerges(
            json, definition.Merges,
            definition.Vocabulary.Keys.Any(token => token.Contains(' ', StringComparison.Ordinal)));
        json.WriteEndObject();
    }

    private static void WriteVocabulary(Utf8JsonWriter json, BpeDefinition definition)
    {
        json.WriteStartObject();
        foreach ((string token, int id) in definition.Vocabulary.OrderBy(entry => entry.Value))
        {
            json.WriteNumber(token, id);
        }
        json.WriteEndObject();
    }

    /// <summary>Strings, which every version of the library reads, unless a token contains a space.</summary>
    public static void WriteMerges(
        Utf8JsonWriter json, IReadOnlyList<(string Left, string Right)> merges, bool asPairs)
    {
        json.WriteStartArray("merges");
        foreach ((string left, string right) in merges)
        {
            if (asPairs)
            {
                json.WriteStartArray();
                json.WriteStringValue(left);
                json.WriteStringValue(right);
                json.WriteEndArray();
            }
            else
            {
                json.WriteStringValue($"{left} {right}");
            }
        }
        json.WriteEndArray();
    }
}
