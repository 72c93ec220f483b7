using Inheritune.Cli;
using Inheritune.Recipes;

namespace Inheritune.Tests.Recipes;

public sealed class RecipeFileTests
{
    [Fact]
    public void Recipe_RoundTrip_KeepsEveryValue()
    {
        var values = New(("steps", "77"), ("learning-rate", "0.00125"), ("prompt", "a \"quoted\" \\ "
            + "text"), ("baselines", "random"));
        Recipe.Resolve(values);

        var again = New();
        RecipeFile.Apply(again, RecipeFile.ToJson(values), "recipe.json");

        Assert.All(values.Specs, s => Assert.Equal(Number(s, values), Number(s, again)));
        Assert.Empty(RecipeFile.Differences(RecipeFile.ToJson(values), again));
    }

    [Fact]
    public void Recipe_CommandLineAndFileAndPreset_GoInThisOrder()
    {
        var values = New(("steps", "5"));
        RecipeFile.Apply(values, """{ "preset": "smoke", "steps": 9, "batch": 3 }""", "r.json");
        Recipe.Resolve(values);

        Assert.Equal(5, values.Int("steps"));
        Assert.Equal(3, values.Int("batch"));
        Assert.Equal(32, values.Int("width"));
        Assert.Equal(0.9, values.Number("beta1"));
    }

    [Theory]
    [InlineData("""{ "stepps": 5 }""", "r.json: stepps: unknown option; nearest is steps.")]
    [InlineData(
        """{ "steps": 0 }""",
        "r.json: steps: expected a whole number from 1 to 1000000000 steps, got '0'.")]
    [InlineData("""{ "steps": 5, "steps": 6 }""", "r.json: steps: is there twice. Keep one.")]
    [InlineData("[1]", "r.json: not a recipe: expected an object such as { \"steps\": 500 }.")]
    [InlineData("{ \"steps\": ", "r.json: not a recipe: line 1: expected JSON such as { \"steps\": 500 }.")]
    public void Recipe_Wrong_OneClearLine(string json, string expected)
    {
        var e = Assert.Throws<UsageException>(() => RecipeFile.Apply(New(), json, "r.json"));

        Assert.Equal(expected, e.Message);
    }

    [Fact]
    public void Recipe_MissingFile_Refused()
    {
        var e = Assert.Throws<UsageException>(
            () => RecipeFile.Apply(New(), Path.Combine(Path.GetTempPath(), "no-such-recipe.json")));

        Assert.Contains("cannot read the recipe", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Differences_OnlyWhatChangesResults_IsNamed()
    {
        var file = New(("steps", "5"), ("threads", "1"), ("learning-rate", "0.002"));
        var asked = New(("steps", "6"), ("threads", "2"), ("learning-rate", "2e-3"));

        Assert.Equal([("steps", "5", "6")], RecipeFile.Differences(RecipeFile.ToJson(file), asked));
    }

    [Theory]
    [MemberData(nameof(PresetNames))]
    public void Preset_Every_Resolves(string preset)
    {
        var recipe = Recipe.Resolve(New(("preset", preset)));

        Assert.InRange(recipe.StartLayers, 1, recipe.MaxLayers);
        Assert.All(RecipePresets.Get(preset), p =>
            Assert.Contains(RecipeOptions.All, o => o.Name == p.Option));
    }

    [Fact]
    public void Preset_Medium_HasThePapersSizes()
    {
        var recipe = Recipe.Resolve(New(("preset", "gpt2-medium-paper")));

        Assert.Equal(147_456, recipe.TokensPerStep);
        Assert.Equal((24, 12, 24), (recipe.Layers, recipe.StartLayers, recipe.MaxLayers));
    }

    public static TheoryData<string> PresetNames() => [.. RecipePresets.Names];

    internal static OptionValues New(params (string Name, string Value)[] given)
    {
        var values = new OptionValues(RecipeOptions.All);
        foreach (var (name, value) in given)
        {
            values.Set(name, value, "--" + name);
        }

        return values;
    }

    private static string Number(OptionSpec spec, OptionValues values) =>
        spec.Kind == OptionKind.Number
            ? values.Number(spec.Name).ToString("R", System.Globalization.CultureInfo.InvariantCulture)
            : values.Text(spec.Name);
}
