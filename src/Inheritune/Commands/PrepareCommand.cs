using Inheritune.Cli;
using Inheritune.Engine.Data;
using Inheritune.Recipes;
using Inheritune.Runs;

namespace Inheritune.Commands;

/// <summary>inheritune prepare: text to token files.</summary>
internal static class PrepareCommand
{
    private static readonly OptionSpec Separator = OptionSpec.Choice(
        "separator", "family", ["family", "end-before", "end-after", "begin-and-end"],
        "Tokens between documents; family: begin-of-text in front for Llama, else end-of-text in front");

    private static readonly OptionSpec DocumentSeparator = OptionSpec.Text(
        "document-separator", "", "Literal text that splits .txt files into documents; empty: one per file");

    private static readonly OptionSpec SkipBadRecords = OptionSpec.Switch(
        "skip-bad-records", "Skip and count bad JSON lines instead of ending at the first");

    private static readonly OptionSpec InvalidUtf8 = OptionSpec.Choice(
        "invalid-utf8", "refuse", ["refuse", "replace"], "What to do with invalid UTF-8 in .txt files");

    private static readonly OptionSpec TokenFormat = OptionSpec.Choice(
        "token-format", "auto", ["auto", "nanogpt", "raw32"],
        "Layout of token files (.bin) given as --data; auto: those of llm.c and llmq, which have a header");

    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "prepare",
        "Turn text into token files with a tokenizer, for train and run.",
        [
            RecipeOptions.Data, CommonOptions.Out("data", "Folder for token files, tokenizer and manifest"),
            RecipeOptions.TextColumn, CommonOptions.Tokenizer, RecipeOptions.VocabSize,
            RecipeOptions.ValidationShare, RecipeOptions.MaxCharacters, CommonOptions.ShardTokens,
            RecipeOptions.Seed, RecipeOptions.Threads, Separator, DocumentSeparator, SkipBadRecords, InvalidUtf8,
            TokenFormat,
        ],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        var tokenizer = values.Text("tokenizer").Length > 0 ? ModelPath.Tokenizer(values, "") : null;
        var corpus = TextPreparation.Prepare(
            values, values.RequiredPath("out"), session, tokenizer, values.Long("shard-tokens"),
            options => Adjust(options, values));
        session.Out.WriteLine(
            $"written: {corpus.Folder}; train on it with inheritune train --data {values.Text("out")}");
        return 0;
    }

    private static PrepareOptions Adjust(PrepareOptions options, OptionValues values) => options with
    {
        Separator = values.Text(Separator.Name) switch
        {
            "end-before" => Engine.Data.DocumentSeparator.EndBefore,
            "end-after" => Engine.Data.DocumentSeparator.EndAfter,
            "begin-and-end" => Engine.Data.DocumentSeparator.BeginAndEnd,
            _ => Engine.Data.DocumentSeparator.Family,
        },
        Corpus = options.Corpus with
        {
            DocumentSeparator = values.Text(DocumentSeparator.Name) is { Length: > 0 } text ? text : null,
            SkipsBadRecords = values.IsOn(SkipBadRecords.Name),
            ReplacesInvalidUtf8 = values.Text(InvalidUtf8.Name) == "replace",
            TokenKind = values.Text(TokenFormat.Name) switch
            {
                "nanogpt" => TokenFileKind.NanoGpt,
                "raw32" => TokenFileKind.RawUInt32,
                _ => TokenFileKind.Llmc,
            },
        },
    };
}
