using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>An added token as the JSON files write it.</summary>
internal static class AddedTokenJson
{
    public static AddedToken Read(JsonElement item, int id, string place)
    {
        string content = JsonMembers.GetText(item, "content", place);
        if (content.Length == 0)
        {
            throw new TokenizerException($"{place}: content: expected text, got an empty string.");
        }
        return new AddedToken(
            id,
            content,
            IsSpecial: JsonMembers.GetFlag(item, "special", missing: false),
            IsNormalized: JsonMembers.GetFlag(item, "normalized", missing: false),
            StripsLeft: JsonMembers.GetFlag(item, "lstrip", missing: false),
            StripsRight: JsonMembers.GetFlag(item, "rstrip", missing: false),
            IsSingleWord: JsonMembers.GetFlag(item, "single_word", missing: false));
    }

    public static void WriteMembers(Utf8JsonWriter json, AddedToken token)
    {
        json.WriteString("content", token.Content);
        json.WriteBoolean("single_word", token.IsSingleWord);
        json.WriteBoolean("lstrip", token.StripsLeft);
        json.WriteBoolean("rstrip", token.StripsRight);
        json.WriteBoolean("normalized", token.IsNormalized);
        json.WriteBoolean("special", token.IsSpecial);
    }
}
