using System.Security.Cryptography;
using System.Text.Json;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// <c>manifest.json</c> of a prepared folder: what it was made from, what is in it, and the size and SHA-256
/// of every token file.
/// </summary>
internal static class CorpusManifest
{
    private const string FileName = "manifest.json";
    private const string Kind = "inheritune-corpus";
    private const int Version = 1;

    private static readonly string[] OwnNames =
    [
        FileName, "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json",
        "merges.txt", "tokenizer.model",
    ];

    public static string PathIn(string folder) => Path.Combine(folder, FileName);

    /// <summary>Replacing the folder must not delete what someone else put there.</summary>
    /// <exception cref="CorpusException">The folder holds other files.</exception>
    public static void CheckReplaceable(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }
        string? foreign = Directory.EnumerateFileSystemEntries(folder)
            .Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)
            .FirstOrDefault(name => !OwnNames.Contains(name) && !IsShard(name));
        if (foreign is not null)
        {
            throw new CorpusException(
                "folder",
                $"Prepare: {folder}: expected an empty folder or one prepared before, got one with "
                + $"\"{foreign}\" in it. "
                + "Choose another folder.");
        }
    }

    public static void Write(string folder, string key, PreparedCorpus corpus, PrepareOptions options)
    {
        AtomicFile.Write(PathIn(folder), stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteString("kind", Kind);
            json.WriteNumber("version", Version);
            json.WriteString("key", key);
            json.WriteString("source", corpus.Source);
            json.WriteNumber("vocabSize", corpus.VocabSize);
            json.WriteNumber("validationFraction", options.ValidationFraction);
            json.WriteNumber("seed", options.Seed);
            json.WriteNumber("textBytes", corpus.TextBytes);
            json.WriteNumber("droppedDocuments", corpus.DroppedDocuments);
            WritePart(json, "train", corpus.TrainShards, corpus.TrainTokens, corpus.TrainDocuments,
                corpus.TextBytes - corpus.ValidationTextBytes);
            WritePart(json, "validation", corpus.ValidationShards, corpus.ValidationTokens,
                corpus.ValidationDocuments, corpus.ValidationTextBytes);
            json.WriteEndObject();
        });
    }

    /// <exception cref="CorpusException">
    /// There is no manifest, or a file is missing or differs from it.
    /// </exception>
    public static PreparedCorpus Read(string folder, out string key)
    {
        string path = PathIn(folder);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            if (root.GetProperty("kind").GetString() != Kind
                || root.GetProperty("version").GetInt32() != Version)
            {
                throw Damaged(path, $"expected kind {Kind}, version {Version}, got another");
            }
            key = root.GetProperty("key").GetString()!;
            JsonElement train = root.GetProperty("train");
            JsonElement validation = root.GetProperty("validation");
            return new PreparedCorpus
            {
                Folder = Path.GetFullPath(folder),
                VocabSize = root.GetProperty("vocabSize").GetInt32(),
                TrainShards = ReadShards(folder, train),
                ValidationShards = ReadShards(folder, validation),
                TrainTokens = train.GetProperty("tokens").GetInt64(),
                ValidationTokens = validation.GetProperty("tokens").GetInt64(),
                TrainDocuments = train.GetProperty("documents").GetInt64(),
                ValidationDocuments = validation.GetProperty("documents").GetInt64(),
                TextBytes = root.GetProperty("textBytes").GetInt64(),
                ValidationTextBytes = validation.GetProperty("textBytes").GetInt64(),
                DroppedDocuments = root.GetProperty("droppedDocuments").GetInt64(),
                Source = root.GetProperty("source").GetString()!,
            };
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException)
        {
            throw Damaged(path, "expected a whole manifest, got a damaged one");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CorpusException(
                "missing", $"Open prepared text: {path}: cannot be read. {fault.Message} Run "
                + "prepare first.", fault);
        }
    }

    private static void WritePart(
        Utf8JsonWriter json, string name, IReadOnlyList<string> shards, long tokens, long documents,
        long textBytes)
    {
        json.WriteStartObject(name);
        json.WriteNumber("tokens", tokens);
        json.WriteNumber("documents", documents);
        json.WriteNumber("textBytes", textBytes);
        json.WriteStartArray("files");
        foreach (string path in shards)
        {
            json.WriteStartObject();
            json.WriteString("name", Path.GetFileName(path));
            json.WriteNumber("bytes", new FileInfo(path).Length);
            json.WriteString("sha256", HashOf(path));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static List<string> ReadShards(string folder, JsonElement part)
    {
        var paths = new List<string>();
        foreach (JsonElement file in part.GetProperty("files").EnumerateArray())
        {
            string name = file.GetProperty("name").GetString()!;
            string path = Path.Combine(Path.GetFullPath(folder), name);
            if (!IsShard(name) || !File.Exists(path))
            {
                throw Damaged(path, "expected a token file, got none");
            }
            long bytes = file.GetProperty("bytes").GetInt64();
            if (new FileInfo(path).Length != bytes)
            {
                throw Damaged(
                    path, $"expected {bytes} bytes as in {FileName}, got {new FileInfo(path).Length}");
            }
            if (HashOf(path) != file.GetProperty("sha256").GetString())
            {
                throw Damaged(path, $"expected the checksum of {FileName}, got another");
            }
            paths.Add(path);
        }
        return paths;
    }

    private static bool IsShard(string name) =>
        name.EndsWith(".bin", StringComparison.Ordinal) && !name.AsSpan().ContainsAny('/', '\\')
        && (name.StartsWith("train", StringComparison.Ordinal)
            || name.StartsWith("val", StringComparison.Ordinal));

    private static string HashOf(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static CorpusException Damaged(string path, string what) => new(
        "manifest", $"Open prepared text: {path}: {what}. Files were changed or cut off. Run prepare again.");
}
