using System.Text.Json;
using System.Text.Unicode;

namespace Inheritune.Engine.Files;

/// <summary>
/// Strict JSON files: one object, valid UTF-8, no comments, no key twice. What is wrong with a file is thrown
/// as its reader's own exception.
/// </summary>
internal static class JsonFile
{
    private static readonly JsonDocumentOptions Strict =
        new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>Reads a file whose top value is an object.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">A longer file is refused unread.</param>
    /// <param name="fault">Makes the exception of a text and a cause.</param>
    public static JsonDocument Read(string path, long maxBytes, Func<string, Exception?, Exception> fault) =>
        Parse(ReadBytes(path, maxBytes, fault), path, fault);

    /// <summary>Reads a file of limited length.</summary>
    public static byte[] ReadBytes(string path, long maxBytes, Func<string, Exception?, Exception> fault)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length <= maxBytes
                ? File.ReadAllBytes(path)
                : throw fault(
                    $"{path}: expected at most {maxBytes} bytes, got {length}. Check the path.", null);
        }
        catch (FileNotFoundException exception)
        {
            throw fault($"{path}: expected a file, found none. Check the path.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw fault($"{path}: cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Parses the content of a file whose top value is an object.</summary>
    public static JsonDocument Parse(byte[] utf8, string path, Func<string, Exception?, Exception> fault)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw fault($"{path}: expected JSON in UTF-8, got other bytes. Get the file again.", null);
        }

        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(utf8, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw fault(
                    $"{path}: expected a JSON object, got {document.RootElement.ValueKind}. "
                    + "Get the file again.", null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw fault(
                $"{path}: not valid JSON with each key once: {exception.Message} "
                + "The file may be cut off. Get it again.", exception);
        }
        catch
        {
            document?.Dispose();
            throw;
        }
    }
}
