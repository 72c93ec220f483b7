using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// A tokenizer.json and the parts of it that every kind of tokenizer has. A component of another type is
/// refused by its name, never approximated.
/// </summary>
internal sealed class TokenizerJsonFile
{
    private const int MaxBytes = 256 << 20;

    /// <exception cref="TokenizerException">The file is no JSON object with a model.</exception>
    public TokenizerJsonFile(string path)
    {
        Path = path;
        Bytes = JsonMembers.ReadBytes(path, MaxBytes);
        Root = JsonMembers.Parse(Bytes, path);
        Model = JsonMembers.Get(Root, "model", path);
    }

    public string Path { get; }

    public byte[] Bytes { get; }

    public JsonElement Root { get; }

    public JsonElement Model { get; }

    /// <summary>Whether the text is cut into bytes; otherwise merging begins with characters.</summary>
    public bool IsByteLevel => JsonMembers.TryGet(Root, "pre_tokenizer", out JsonElement preTokenizer)
        && Parts(preTokenizer, "pretokenizers").Any(part => TypeOf(part, "pre_tokenizer") == "ByteLevel");

    public string TypeOf(JsonElement part, string name) => JsonMembers.GetText(part, "type", $"{Path}: {name}");

    public string? UnknownToken => JsonMembers.TryGet(Model, "unk_token", out JsonElement unknown)
        ? JsonMembers.AsText(unknown, $"{Path}: unk_token")
        : null;

    public string RawOrNull(string name) =>
        Root.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : "null";

    public void CheckModel()
    {
        JsonElement model = Model;
        string type = JsonMembers.TryGet(model, "type", out JsonElement given)
            ? JsonMembers.AsText(given, $"{Path}: model type")
            : JsonMembers.TryGet(model, "merges", out _) ? "BPE" : "none";
        if (type != "BPE")
        {
            throw Refused("model", type, "BPE");
        }
        if (JsonMembers.TryGet(model, "dropout", out JsonElement dropout)
            && dropout.GetRawText() is not ("0" or "0.0"))
        {
            throw Refused("model dropout", dropout.GetRawText(), "none");
        }
        foreach (string name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (JsonMembers.TryGet(model, name, out JsonElement affix)
                && JsonMembers.AsText(affix, $"{Path}: {name}").Length > 0)
            {
                throw Refused($"model {name}", affix.GetString()!, "none");
            }
        }
    }

    public (IReadOnlyList<int> Front, IReadOnlyList<int> Back) ReadTemplate()
    {
        if (!JsonMembers.TryGet(Root, "post_processor", out JsonElement processor))
        {
            return ([], []);
        }
        var front = new List<int>();
        var back = new List<int>();
        foreach (JsonElement part in Parts(processor, "processors"))
        {
            string type = JsonMembers.GetText(part, "type", $"{Path}: post_processor");
            if (type == "TemplateProcessing")
            {
                ReadTemplate(part, front, back);
            }
            else if (type != "ByteLevel")
            {
                throw Refused("post_processor", type, "ByteLevel or TemplateProcessing");
            }
        }
        return (front, back);
    }

    private void ReadTemplate(JsonElement part, List<int> front, List<int> back)
    {
        string place = $"{Path}: post_processor TemplateProcessing";
        List<int> side = front;
        foreach (JsonElement item in Items(JsonMembers.Get(part, "single", place), place))
        {
            if (JsonMembers.TryGet(item, "Sequence", out _))
            {
                side = back;
                continue;
            }
            JsonElement special = JsonMembers.Get(item, "SpecialToken", place);
            string name = JsonMembers.GetText(special, "id", place);
            JsonElement entry = JsonMembers.Get(JsonMembers.Get(part, "special_tokens", place), name, place);
            foreach (JsonElement id in Items(JsonMembers.Get(entry, "ids", place), place))
            {
                side.Add(JsonMembers.AsId(id, place));
            }
        }
    }

    public Dictionary<string, int> ReadVocabulary()
    {
        JsonElement vocabulary = JsonMembers.Get(Model, "vocab", Path);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string token, JsonElement id) in JsonMembers.Members(vocabulary, $"{Path}: vocab"))
        {
            ids.Add(token, JsonMembers.AsId(id, $"{Path}: vocab"));
        }
        return ids;
    }

    public List<(string Left, string Right)> ReadMerges()
    {
        var pairs = new List<(string, string)>();
        foreach (JsonElement merge in Items(JsonMembers.Get(Model, "merges", Path), $"{Path}: merges"))
        {
            string place = $"{Path}: merges, entry {pairs.Count}";
            if (merge.ValueKind == JsonValueKind.Array)
            {
                if (merge.GetArrayLength() != 2)
                {
                    throw new TokenizerException(
                        $"{place}: expected two parts, got {merge.GetArrayLength()}.");
                }
                pairs.Add((JsonMembers.AsText(merge[0], place), JsonMembers.AsText(merge[1], place)));
                continue;
            }
            string line = JsonMembers.AsText(merge, place);
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
    public AddedToken[] ReadAddedTokens(Dictionary<string, int> vocabulary)
    {
        if (!JsonMembers.TryGet(Root, "added_tokens", out JsonElement list))
        {
            return [];
        }
        var tokens = new List<AddedToken>();
        int next = vocabulary.Count;
        foreach (JsonElement item in Items(list, $"{Path}: added_tokens"))
        {
            string place = $"{Path}: added_tokens, entry {tokens.Count}";
            int id = JsonMembers.AsId(JsonMembers.Get(item, "id", place), place);
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

    public IEnumerable<JsonElement> Parts(JsonElement component, string listName)
    {
        bool isSequence = JsonMembers.GetText(component, "type", $"{Path}: {listName}") == "Sequence";
        return isSequence
            ? Items(JsonMembers.Get(component, listName, Path), $"{Path}: {listName}")
                .SelectMany(part => Parts(part, listName))
            : [component];
    }

    public static JsonElement.ArrayEnumerator Items(JsonElement list, string place) =>
        list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray()
            : throw new TokenizerException(
                $"{place}: expected a list, got {list.ValueKind}. Get the file again.");

    public TokenizerException Refused(string part, string got, string expected) =>
        new($"{Path}: {part}: expected {expected}, got {got}. This engine does not read such tokenizers.");
}
