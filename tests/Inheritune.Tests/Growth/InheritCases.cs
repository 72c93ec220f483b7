using System.Text.Json;

namespace Inheritune.Tests.Growth;

/// <summary>Reads inherit.json.</summary>
internal static class InheritCases
{
    public static List<InheritCase> Load(string file)
    {
        var root = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        return [.. root.GetProperty("cases").EnumerateArray().Select(
            item => new InheritCase(Path.GetDirectoryName(file)!, root.GetProperty("models"), item))];
    }
}
