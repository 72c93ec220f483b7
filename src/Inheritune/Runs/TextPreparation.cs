using System.Text.Json;
using Inheritune.Cli;
using Inheritune.Engine.Data;
using Inheritune.Engine.Files;
using Inheritune.Engine.Tokenizers;
using Inheritune.Reports;
using Inheritune.Terminal;

namespace Inheritune.Runs;

/// <summary>Text to token files, with progress.</summary>
internal static class TextPreparation
{
    /// <summary>Prepares the text of --data, or the SDK's documentation, into a folder.</summary>
    /// <param name="values">Options of the command.</param>
    /// <param name="output">Folder of the token files.</param>
    /// <param name="session">Where progress is shown.</param>
    /// <param name="tokenizer">Tokenizer to use; null trains one.</param>
    /// <param name="shardTokens">Tokens of a training file.</param>
    /// <param name="adjust">Sets what only some commands have options for.</param>
    public static PreparedCorpus Prepare(
        OptionValues values, string output, Session session, TextTokenizer? tokenizer = null,
        long shardTokens = 100_000_000, Func<PrepareOptions, PrepareOptions>? adjust = null)
    {
        var data = values.Text("data");
        if (data.Length == 0 && !SdkDocumentation.IsAvailable)
        {
            throw new RunException(
                "--data: no text: this machine has no .NET SDK whose documentation could serve. "
                + "Give a text with --data FILE (.txt, .jsonl or a folder of them).");
        }

        var corpus = new CorpusOptions
        {
            Paths = data.Length == 0 ? [] : [data],
            TextColumn = values.Text("text-column"),
        };
        if (values.Long("max-characters") is var most and > 0)
        {
            corpus = new CorpusOptions
            {
                Paths = [Beginning(corpus, most, Path.TrimEndingDirectorySeparator(output) + "-source.jsonl")],
            };
        }

        var options = new PrepareOptions
        {
            Corpus = corpus,
            OutputFolder = output,
            Tokenizer = tokenizer,
            VocabSize = values.Int("vocab-size"),
            ValidationFraction = values.Number("validation-share"),
            Seed = (ulong)values.Long("seed"),
            ShardTokens = shardTokens,
            ThreadCount = values.Int("threads"),
        };
        var prepared = CorpusPreparer.Prepare(
            adjust?.Invoke(options) ?? options, new PrepareView(session), session.Stop);
        long documents = prepared.TrainDocuments + prepared.ValidationDocuments;
        session.Out.WriteLine(
            $"text: {prepared.Source}: {Format.Count(documents)} documents, "
                + $"{Format.Short(prepared.TrainTokens)} "
            + $"training and {Format.Short(prepared.ValidationTokens)} validation tokens, vocabulary "
            + Format.Count(prepared.VocabSize) + (prepared.IsReused ? " (prepared before)" : ""));
        Report(prepared, session);
        return prepared;
    }

    /// <summary>What was left out on the way, and why files were made anew.</summary>
    private static void Report(PreparedCorpus prepared, Session session)
    {
        if (prepared.Note is { } note)
        {
            session.Notes.WriteLine($"text: {note}");
        }

        if (prepared.Met is not { } met)
        {
            return;
        }

        if (prepared.DroppedDocuments + met.SkippedFiles + met.ReplacedBytes > 0)
        {
            session.Notes.WriteLine(
                $"text: left out {Format.Count(met.NullDocuments)} null and {Format.Count(met.EmptyDocuments)} empty "
                + $"documents, {Format.Count(met.BadRecords)} bad records, {Format.Count(met.SkippedFiles)} files of "
                + $"other kinds; {Format.Count(met.ReplacedBytes)} invalid pieces replaced");
        }

        foreach (var record in met.FirstBadRecords)
        {
            session.Notes.WriteLine($"text: skipped: {record}");
        }
    }

    /// <summary>The first documents of a text as JSON lines.</summary>
    private static string Beginning(CorpusOptions corpus, long mostCharacters, string path)
    {
        if (!File.Exists(path))
        {
            AtomicFile.Write(path, stream =>
            {
                long left = mostCharacters;
                foreach (var document in Corpus.Documents(corpus).TakeWhile(_ => left > 0))
                {
                    var part = document.Length <= left ? document : WholeCharacters(document, (int)left);
                    left -= document.Length;
                    using var json = new Utf8JsonWriter(stream);
                    json.WriteStartObject();
                    json.WriteString("text", part);
                    json.WriteEndObject();
                    json.Flush();
                    stream.WriteByte((byte)'\n');
                }
            });
        }

        return path;
    }

    /// <summary>A beginning that does not end in half a character.</summary>
    private static string WholeCharacters(string text, int length) =>
        text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
