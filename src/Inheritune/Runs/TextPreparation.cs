using Inheritune.Cli;
using Inheritune.Engine.Data;
using Inheritune.Reports;
using Inheritune.Terminal;

namespace Inheritune.Runs;

/// <summary>Text to token files, with progress.</summary>
internal static class TextPreparation
{
    /// <summary>Prepares the text of --data, or the SDK's documentation, into a folder.</summary>
    public static PreparedCorpus Prepare(OptionValues values, string output, Session session)
    {
        var data = values.Text("data");
        if (data.Length == 0 && !SdkDocumentation.IsAvailable)
        {
            throw new RunException(
                "--data: no text: this machine has no .NET SDK whose documentation could serve. "
                + "Give a text with --data FILE (.txt, .jsonl or a folder of them).");
        }

        var options = new PrepareOptions
        {
            Corpus = new CorpusOptions
            {
                Paths = data.Length == 0 ? [] : [data],
                TextColumn = values.Text("text-column"),
            },
            OutputFolder = output,
            VocabSize = values.Int("vocab-size"),
            ValidationFraction = values.Number("validation-share"),
            Seed = (ulong)values.Long("seed"),
            ThreadCount = values.Int("threads"),
        };
        var corpus = CorpusPreparer.Prepare(options, new PrepareView(session), session.Stop);
        session.Out.WriteLine(
            $"text: {corpus.Source}: {Format.Count(corpus.TrainDocuments + corpus.ValidationDocuments)} documents, "
            + $"{Format.Short(corpus.TrainTokens)} training and {Format.Short(corpus.ValidationTokens)} validation tokens, "
            + $"vocabulary {Format.Count(corpus.VocabSize)}{(corpus.IsReused ? " (prepared before)" : "")}");
        return corpus;
    }
}
