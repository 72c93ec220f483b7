using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Inheritune.Cli;

namespace Inheritune.Recipes;

/// <summary>A recipe as JSON: one member per option, numbers as numbers, lists as arrays.</summary>
internal static class RecipeFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = 8,
    };

    /// <summary>Sets every member of the file that the command line did not set.</summary>
    /// <exception cref="UsageException">The file is missing, is not JSON, or has an unknown or wrong
    /// member.</exception>
    public static void Apply(OptionValues values, string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: cannot read the recipe: {e.Message}");
        }

        Apply(values, text, path);
    }

    /// <summary>Sets every member of the text that the command line did not set.</summary>
    public static void Apply(OptionValues values, string json, string source)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, Lenient);
        }
        catch (JsonException e)
        {
            throw new UsageException(
                $"{source}: not a recipe: line {e.LineNumber + 1}: expected JSON such as {{ \"steps\": 500 "
                    + $"}}.");
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new UsageException(
                    $"{source}: not a recipe: expected an object such as {{ \"steps\": 500 }}.");
            }

            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (!seen.Add(member.Name))
                {
                    throw new UsageException($"{source}: {member.Name}: is there twice. Keep one.");
                }

                if (!values.IsGiven(member.Name))
                {
                    values.Set(member.Name, TextOf(member.Value), $"{source}: {member.Name}");
                }
            }
        }
    }

    /// <summary>All values of a resolved recipe.</summary>
    public static string ToJson(OptionValues values)
    {
        var root = new JsonObject();
        foreach (var spec in values.Specs)
        {
            root[spec.Name] = ToNode(spec, values.Text(spec.Name));
        }

        return root.ToJsonString(Indented) + "\n";
    }

    /// <summary>
    /// Options whose values differ in a way that changes results: name, value in the file, value asked for.
    /// </summary>
    public static IReadOnlyList<(string Name, string InFile, string Asked)> Differences(
        string json, OptionValues asked)
    {
        var inFile = new OptionValues(asked.Specs);
        Apply(inFile, json, "recipe.json");
        return
        [
            .. asked.Specs
                .Where(s => !s.IsMachineChoice && !SameValue(s, inFile.Text(s.Name), asked.Text(s.Name)))
                .Select(s => (s.Name, inFile.Text(s.Name), asked.Text(s.Name))),
        ];
    }

    private static bool SameValue(OptionSpec spec, string a, string b) =>
        spec.Kind == OptionKind.Number
            ? double.Parse(a, CultureInfo.InvariantCulture).Equals(
                double.Parse(b, CultureInfo.InvariantCulture))
            : a == b;

    private static JsonNode ToNode(OptionSpec spec, string text) => spec.Kind switch
    {
        OptionKind.Integer => JsonValue.Create(long.Parse(text, CultureInfo.InvariantCulture)),
        OptionKind.Number => JsonValue.Create(double.Parse(text, CultureInfo.InvariantCulture)),
        OptionKind.Flag => JsonValue.Create(text == "true"),
        OptionKind.Words =>
            new JsonArray([.. OptionSpec.Pieces(text).Select(p => (JsonNode)JsonValue.Create(p))]),
        _ => JsonValue.Create(text),
    };

    private static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(TextOf)),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };
}
