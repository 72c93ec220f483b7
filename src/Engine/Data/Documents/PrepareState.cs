using System.Text.Json;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Data.Documents;

/// <summary>How far one part had come: whole files and the beginning of the next.</summary>
/// <param name="Files">Whole files.</param>
/// <param name="Tokens">Tokens, those of the unfinished file included.</param>
/// <param name="OpenTokens">Tokens of the unfinished file.</param>
/// <param name="Documents">Documents.</param>
/// <param name="TextBytes">Bytes of text.</param>
internal sealed record SeriesState(int Files, long Tokens, long OpenTokens, long Documents, long TextBytes);

/// <summary>
/// How far preparing had come when it was last on disk: what an interrupted run goes on from.
/// </summary>
internal sealed record PrepareState
{
    private const string FileName = "progress.json";

    /// <summary>Options and sources, as in the manifest.</summary>
    public required string Key { get; init; }

    /// <summary>The next batch of the corpus.</summary>
    public CorpusPosition Position { get; init; }

    /// <summary>The training part.</summary>
    public SeriesState Train { get; init; } = new(0, 0, 0, 0, 0);

    /// <summary>The validation part.</summary>
    public SeriesState Validation { get; init; } = new(0, 0, 0, 0, 0);

    /// <summary>Documents counted when the split was decided.</summary>
    public long CountedDocuments { get; init; }

    /// <summary>Whether a document was below the limit of the split.</summary>
    public bool HasHeldOut { get; init; }

    /// <summary>Smallest hash of a document.</summary>
    public ulong SmallestHash { get; init; }

    /// <summary>Documents that are null.</summary>
    public long NullDocuments { get; init; }

    /// <summary>Documents that are empty.</summary>
    public long EmptyDocuments { get; init; }

    /// <summary>Records that were skipped.</summary>
    public long BadRecords { get; init; }

    /// <summary>U+FFFD put for invalid bytes.</summary>
    public long ReplacedBytes { get; init; }

    /// <summary>Writes the state beside the files it speaks of, which are on disk already.</summary>
    public void Write(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("key", Key);
        json.WriteNumber("unit", Position.Unit);
        json.WriteNumber("batch", Position.Batch);
        json.WriteNumber("countedDocuments", CountedDocuments);
        json.WriteBoolean("hasHeldOut", HasHeldOut);
        json.WriteNumber("smallestHash", SmallestHash);
        json.WriteNumber("nullDocuments", NullDocuments);
        json.WriteNumber("emptyDocuments", EmptyDocuments);
        json.WriteNumber("badRecords", BadRecords);
        json.WriteNumber("replacedBytes", ReplacedBytes);
        Write(json, "train", Train);
        Write(json, "validation", Validation);
        json.WriteEndObject();
    });

    /// <summary>The state of an interrupted run with the same options and sources; null where there is none.</summary>
    public static PrepareState? TryRead(string folder, string key)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, FileName)));
            JsonElement root = document.RootElement;
            return root.GetProperty("key").GetString() != key ? null : new PrepareState
            {
                Key = key,
                Position = new CorpusPosition(
                    root.GetProperty("unit").GetInt32(), root.GetProperty("batch").GetInt32()),
                CountedDocuments = root.GetProperty("countedDocuments").GetInt64(),
                HasHeldOut = root.GetProperty("hasHeldOut").GetBoolean(),
                SmallestHash = root.GetProperty("smallestHash").GetUInt64(),
                NullDocuments = root.GetProperty("nullDocuments").GetInt64(),
                EmptyDocuments = root.GetProperty("emptyDocuments").GetInt64(),
                BadRecords = root.GetProperty("badRecords").GetInt64(),
                ReplacedBytes = root.GetProperty("replacedBytes").GetInt64(),
                Train = Read(root.GetProperty("train")),
                Validation = Read(root.GetProperty("validation")),
            };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException
            or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Removes the state once the folder is complete.</summary>
    public static void Delete(string folder) => File.Delete(Path.Combine(folder, FileName));

    /// <summary>Whether a folder has any state.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, FileName));

    private static void Write(Utf8JsonWriter json, string name, SeriesState part)
    {
        json.WriteStartObject(name);
        json.WriteNumber("files", part.Files);
        json.WriteNumber("tokens", part.Tokens);
        json.WriteNumber("openTokens", part.OpenTokens);
        json.WriteNumber("documents", part.Documents);
        json.WriteNumber("textBytes", part.TextBytes);
        json.WriteEndObject();
    }

    private static SeriesState Read(JsonElement part) => new(
        part.GetProperty("files").GetInt32(), part.GetProperty("tokens").GetInt64(),
        part.GetProperty("openTokens").GetInt64(), part.GetProperty("documents").GetInt64(),
        part.GetProperty("textBytes").GetInt64());
}
