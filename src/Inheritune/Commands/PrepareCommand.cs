using Inheritune.Cli;
using Inheritune.Recipes;
using Inheritune.Runs;

namespace Inheritune.Commands;

/// <summary>inheritune prepare: text to token files.</summary>
internal static class PrepareCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "prepare",
        "Turn text into token files with a tokenizer, for train and run.",
        [
            RecipeOptions.Data, CommonOptions.Out("data", "Folder for token files, tokenizer and manifest"),
            RecipeOptions.TextColumn, CommonOptions.Tokenizer, RecipeOptions.VocabSize,
            RecipeOptions.ValidationShare, RecipeOptions.MaxCharacters, CommonOptions.ShardTokens,
            RecipeOptions.Seed, RecipeOptions.Threads,
        ],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        var tokenizer = values.Text("tokenizer").Length > 0 ? ModelPath.Tokenizer(values, "") : null;
        var corpus = TextPreparation.Prepare(
            values, values.RequiredPath("out"), session, tokenizer, values.Long("shard-tokens"));
        session.Out.WriteLine(
            $"written: {corpus.Folder}; train on it with inheritune train --data {values.Text("out")}");
        return 0;
    }
}
