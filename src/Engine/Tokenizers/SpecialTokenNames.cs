using System.Globalization;
using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// What tokenizer_config.json and, with less weight, special_tokens_map.json say of control tokens.
/// </summary>
internal sealed class SpecialTokenNames
{
    private readonly List<AddedToken> _added = [];

    /// <summary>No file says anything.</summary>
    public static SpecialTokenNames None { get; } = new();

    public string? Begin { get; private set; }

    public string? End { get; private set; }

    public string? Unknown { get; private set; }

    public string? Pad { get; private set; }

    /// <summary>Whether each text begins with its token; null when no file says so.</summary>
    public bool? AddsBegin { get; private set; }

    public bool? AddsEnd { get; private set; }

    public bool AddsPrefixSpace { get; private set; }

    public IReadOnlyList<AddedToken> Added => _added;

    public static SpecialTokenNames Read(string folder)
    {
        var names = new SpecialTokenNames();
        foreach (string file in (string[])["tokenizer_config.json", "special_tokens_map.json"])
        {
            string path = Path.Combine(folder, file);
            if (File.Exists(path))
            {
                names.Merge(JsonMembers.Read(path), path);
            }
        }
        return names;
    }

    private void Merge(JsonElement root, string path)
    {
        Begin ??= Name(root, "bos_token", path);
        End ??= Name(root, "eos_token", path);
        Unknown ??= Name(root, "unk_token", path);
        Pad ??= Name(root, "pad_token", path);
        AddsBegin ??= Flag(root, "add_bos_token");
        AddsEnd ??= Flag(root, "add_eos_token");
        AddsPrefixSpace |= JsonMembers.GetFlag(root, "add_prefix_space", missing: false);
        if (JsonMembers.TryGet(root, "added_tokens_decoder", out JsonElement decoder))
        {
            foreach ((string name, JsonElement token) in
                JsonMembers.Members(decoder, $"{path}: added_tokens_decoder"))
            {
                string place = $"{path}: added_tokens_decoder: {name}";
                int id = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    && number < 1 << 24
                        ? number
                        : throw new TokenizerException($"{place}: expected an id, got \"{name}\".");
                _added.Add(AddedTokenJson.Read(token, id, place));
            }
        }
    }

    private static bool? Flag(JsonElement root, string key) =>
        JsonMembers.TryGet(root, key, out _) ? JsonMembers.GetFlag(root, key, missing: false) : null;

    private static string? Name(JsonElement root, string key, string path)
    {
        if (!JsonMembers.TryGet(root, key, out JsonElement value))
        {
            return null;
        }
        return value.ValueKind == JsonValueKind.Object
            ? JsonMembers.GetText(value, "content", $"{path}: {key}")
            : JsonMembers.AsText(value, $"{path}: {key}");
    }
}
