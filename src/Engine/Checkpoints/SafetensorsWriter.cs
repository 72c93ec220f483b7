using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// Writes safetensors files: the same tensors give the same bytes. Tensors come in the order of decreasing
/// alignment, then name; the header is padded so that the data begins at a multiple of 8. Data is streamed.
/// </summary>
public static class SafetensorsWriter
{
    /// <summary>Writes a file atomically.</summary>
    /// <param name="path">File to create or replace.</param>
    /// <param name="tensors">In any order.</param>
    /// <param name="metadata">String pairs beside <c>"format": "pt"</c>, which is always written.</param>
    /// <exception cref="CheckpointException">
    /// Two tensors share a name, a type is unknown, or a tensor wrote a wrong number of bytes.
    /// </exception>
    /// <exception cref="IOException">The folder cannot be written or the disk is full.</exception>
    public static void Write(
        string path, IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var ordered = tensors.OrderBy(tensor => SafetensorsTypes.Order(tensor.DType))
            .ThenBy(tensor => tensor.Name, StringComparer.Ordinal).ToArray();
        var ends = new long[ordered.Length];
        var names = new HashSet<string>(StringComparer.Ordinal);
        long end = 0;
        for (var i = 0; i < ordered.Length; i++)
        {
            if (!names.Add(ordered[i].Name))
            {
                throw new CheckpointException($"Write {path}: tensor '{ordered[i].Name}' is given twice.");
            }

            end = checked(end + SizeBytes(path, ordered[i]));
            ends[i] = end;
        }

        var header = Header(ordered, ends, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> prefix = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
            stream.Write(prefix);
            stream.Write(header);
            var dataStart = 8 + (long)header.Length;
            for (var i = 0; i < ordered.Length; i++)
            {
                ordered[i].WriteTo(stream);
                if (stream.Position != dataStart + ends[i])
                {
                    throw new CheckpointException(
                        $"Write {path}: tensor '{ordered[i].Name}' "
                        + $"{SafetensorsTypes.ShapeText(ordered[i].Shape)} ended at byte "
                        + $"{stream.Position - dataStart} of the data, expected {ends[i]}.");
                }
            }
        });
    }

    /// <summary>Bytes a tensor takes in a file.</summary>
    internal static long SizeBytes(string path, SafetensorsTensor tensor)
    {
        var bits = SafetensorsTypes.Bits(tensor.DType);
        var total = bits == 0
            ? throw new CheckpointException(
                $"Write {path}: tensor '{tensor.Name}': unknown dtype '{tensor.DType}'.")
            : checked(new SafetensorsEntry(tensor.Name, tensor.DType, tensor.Shape, 0, 0).ElementCount * bits);
        return total % 8 == 0
            ? total / 8
            : throw new CheckpointException(
                $"Write {path}: tensor '{tensor.Name}': {total} bits are not a whole number of bytes.");
    }

    private static byte[] Header(
        SafetensorsTensor[] ordered, long[] ends, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            metadata ??= new Dictionary<string, string>();
            foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                if (key != "format")
                {
                    json.WriteString(key, value);
                }
            }

            json.WriteEndObject();
            for (var i = 0; i < ordered.Length; i++)
            {
                json.WriteStartObject(ordered[i].Name);
                json.WriteString("dtype", ordered[i].DType);
                json.WriteStartArray("shape");
                foreach (var dimension in ordered[i].Shape)
                {
                    json.WriteNumberValue(dimension);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(i == 0 ? 0 : ends[i - 1]);
                json.WriteNumberValue(ends[i]);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while ((8 + buffer.WrittenCount) % 8 != 0)
        {
            buffer.Write(" "u8);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
