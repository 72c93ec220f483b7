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
        Bytes = TokenizerBytes.Read(path, MaxBytes);
        Root = JsonFile.Parse(Bytes, path);
        Model = JsonFile.Get(Root, "model", path);
    }

    public string Path { get; }

    public byte[] Bytes { get; }

    public JsonElement Root { get; }

    public JsonElement Model { get; }

    /// <summary>Whether the text is cut into bytes; otherwise merging begins with characters.</summary>
    public bool IsByteLevel => JsonFile.TryGet(Root, "pre_tokenizer", out JsonElement preTokenizer)
        && Parts(preTokenizer, "pretokenizers").Any(part => TypeOf(part, "pre_tokenizer") == "ByteLevel");

    public string TypeOf(JsonElement part, string name) => JsonFile.GetText(part, "type", $"{Path}: {name}");

    public string? UnknownToken => JsonFile.TryGet(Model, "unk_token", out JsonElement unknown)
        ? JsonFile.AsText(unknown, $"{Path}: unk_token")
        : null;

    public string RawOrNull(string name) =>
        Root.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : "null";

    public void CheckModel()
    {
        JsonElement model = Model;
        string type = JsonFile.TryGet(model, "type", out JsonElement given)
            ? JsonFile.AsText(given, $"{Path}: model type")
            : JsonFile.TryGet(model, "merges", out _) ? "BPE" : "none";
        if (type != "BPE")
        {
            throw Refused("model", type, "BPE");
        }
        if (JsonFile.TryGet(model, "dropout", out JsonElement dropout)
            && dropout.GetRawText() is not ("0" or "0.0"))
        {
            throw Refused("model dropout", dropout.GetRawText(), "none");
        }
        foreach (string name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (JsonFile.TryGet(model, name, out JsonElement affix)
                && JsonFile.AsText(affix, $"{Path}: {name}").Length > 0)
            {
                throw Refused($"model {name}", affix.GetString()!, "none");
            }
        }
    }

    public (IReadOnlyList<int> Front, IReadOnlyList<int> Back) ReadTemplate()
    {
        if (!JsonFile.TryGet(Root, "post_processor", out JsonElement processor))
        {
            return ([], []);
        }
        var front = new List<int>();
        var back = new List<int>();
        foreach (JsonElement part in Parts(processor, "processors"))
        {
            string type = JsonFile.GetText(part, "type", $"{Path}: post_processor");
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
        foreach (JsonElement item in Items(JsonFile.Get(part, "single", place), place))
        {
            if (JsonFile.TryGet(item, "Sequence", out _))
            {
                side = back;
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

    public Dictionary<string, int> ReadVocabulary()
    {
        JsonElement vocabulary = JsonFile.Get(Model, "vocab", Path);
        if (vocabulary.ValueKind != JsonValueKind.Object)
        {
            throw Refused("model vocab", vocabulary.ValueKind.ToString(), "an object from token to id");
        }
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonProperty entry in vocabulary.EnumerateObject())
        {
            ids.Add(entry.Name, JsonFile.AsId(entry.Value, $"{Path}: vocab"));
        }
        return ids;
    }

    public List<(string Left, string Right)> ReadMerges()
    {
        var pairs = new List<(string, string)>();
        foreach (JsonElement merge in Items(JsonFile.Get(Model, "merges", Path), $"{Path}: merges"))
        {
            string place = $"{Path}: merges, entry {pairs.Count}";
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
    public AddedToken[] ReadAddedTokens(Dictionary<string, int> vocabulary)
    {
        if (!JsonFile.TryGet(Root, "added_tokens", out JsonElement list))
        {
            return [];
        }
        var tokens = new List<AddedToken>();
        int next = vocabulary.Count;
        foreach (JsonElement item in Items(list, $"{Path}: added_tokens"))
        {
            string place = $"{Path}: added_tokens, entry {tokens.Count}";
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

    public IEnumerable<JsonElement> Parts(JsonElement component, string listName)
    {
        bool isSequence = JsonFile.GetText(component, "type", $"{Path}: {listName}") == "Sequence";
        return isSequence
            ? Items(JsonFile.Get(component, listName, Path), $"{Path}: {listName}")
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
