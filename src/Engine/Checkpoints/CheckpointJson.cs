using System.Text.Json;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Checkpoints;

/// <summary>The JSON files of model folders.</summary>
internal static class CheckpointJson
{
    /// <summary>Reads a file whose top value is an object.</summary>
    /// <exception cref="CheckpointException">It is missing, too long, or not strict JSON.</exception>
    public static JsonDocument Read(string path, long maxBytes = 16L << 20) =>
        JsonFile.Read(path, maxBytes, (message, cause) => new CheckpointException(message, cause));
}
