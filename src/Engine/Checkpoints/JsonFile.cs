using System.Text.Json;

namespace Inheritune.Engine.Checkpoints;

/// <summary>Strict JSON files of model folders: one object, no comments, no key twice.</summary>
internal static class JsonFile
{
    /// <summary>Reads a file whose top value is an object.</summary>
    /// <exception cref="CheckpointException">It is missing, too long, or not such JSON.</exception>
    public static JsonDocument Read(string path, long maxBytes = 16L << 20)
    {
        if (!File.Exists(path))
        {
            throw new CheckpointException(
                $"{path}: expected a file, found none. Give the folder of a model.");
        }

        if (new FileInfo(path).Length is var length && length > maxBytes)
        {
            throw new CheckpointException(
                $"{path}: expected at most {maxBytes} bytes of JSON, got {length}.");
        }

        JsonDocument? document = null;
        try
        {
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
            document = JsonDocument.Parse(File.ReadAllBytes(path), options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new CheckpointException(
                    $"{path}: expected a JSON object, got {document.RootElement.ValueKind}.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"{path}: not valid JSON: {exception.Message}", exception);
        }
        catch
        {
            document?.Dispose();
            throw;
        }
    }
}
