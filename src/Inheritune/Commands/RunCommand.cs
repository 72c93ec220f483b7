using Inheritune.Cli;
using Inheritune.Recipes;

namespace Inheritune.Commands;

/// <summary>inheritune run: the whole recipe.</summary>
internal static class RunCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "run",
        "The main job: train a reference, inherit its first half, grow until it matches, compare, report.",
        RecipeOptions.All,
        Execute)
    {
        Arguments = ("recipe", "Recipe file (JSON) with any of the options below; the command line goes first.", 1),
    };

    private static int Execute(OptionValues values, Session session)
    {
        if (values.Arguments.Count > 0)
        {
            RecipeFile.Apply(values, values.Arguments[0]);
        }

        Recipe.Resolve(values);
        throw new RunException("run: not in this build yet.");
    }
}
