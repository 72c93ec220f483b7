using System.Globalization;
using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>tokenizer_config.json and special_tokens_map.json.</summary>
internal sealed record TokenizerConfigWriter(
    IReadOnlyList<AddedToken> AddedTokens, int? BeginOfText, int? EndOfText, string TokenizerClass)
{
    /// <summary>The class of transformers that follows tokenizer.json.</summary>
    public const string FollowsFile = "PreTrainedTokenizerFast";

    public bool AddsPrefixSpace { get; init; }

    /// <summary>Whether each text begins and ends with its token; null leaves it to tokenizer.json.</summary>
    public (bool Begin, bool End)? Template { get; init; }

    public byte[] ConfigJson() => JsonMembers.Write(json =>
    {
        json.WriteStartObject();
        if (Template is { } template)
        {
            json.WriteBoolean("add_bos_token", template.Begin);
            json.WriteBoolean("add_eos_token", template.End);
        }
        json.WriteBoolean("add_prefix_space", AddsPrefixSpace);
        json.WriteStartObject("added_tokens_decoder");
        foreach (AddedToken token in AddedTokens)
        {
            json.WriteStartObject(token.Id.ToString(CultureInfo.InvariantCulture));
            AddedTokenJson.WriteMembers(json, token);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        WriteNames(json);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteString("tokenizer_class", TokenizerClass);
        json.WriteEndObject();
    });

    public byte[] SpecialTokensJson() => JsonMembers.Write(json =>
    {
        json.WriteStartObject();
        WriteNames(json);
        json.WriteEndObject();
    });

    private void WriteNames(Utf8JsonWriter json)
    {
        WriteName("bos_token", BeginOfText);
        WriteName("eos_token", EndOfText);

        void WriteName(string key, int? id)
        {
            AddedToken? token = AddedTokens.FirstOrDefault(added => added.Id == id);
            if (token is not null)
            {
                json.WriteString(key, token.Content);
            }
        }
    }
}
