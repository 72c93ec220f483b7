using System.Buffers.Binary;

namespace Inheritune.Engine.Tests.Checkpoints.PyTorch;

/// <summary>Rewrites the directory of a zip archive with zip64 fields, as large files have them.</summary>
internal static class WideZip
{
    public static byte[] From(byte[] zip)
    {
        var end = zip.Length - 22;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(zip.AsSpan(end + 10));
        var start = (int)BinaryPrimitives.ReadUInt32LittleEndian(zip.AsSpan(end + 16));
        var result = new List<byte>(zip[..start]);
        for (int i = 0, at = start; i < count; i++)
        {
            int name = BinaryPrimitives.ReadUInt16LittleEndian(zip.AsSpan(at + 28));
            int extra = BinaryPrimitives.ReadUInt16LittleEndian(zip.AsSpan(at + 30));
            var entry = zip[at..(at + 46 + name)];
            var wide = new byte[28];
            BinaryPrimitives.WriteUInt16LittleEndian(wide, 1);
            BinaryPrimitives.WriteUInt16LittleEndian(wide.AsSpan(2), 24);
            foreach (var (field, place) in (ReadOnlySpan<(int, int)>)[(24, 4), (20, 12), (42, 20)])
            {
                var value = BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(field));
                BinaryPrimitives.WriteUInt64LittleEndian(wide.AsSpan(place), value);
                BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(field), uint.MaxValue);
            }

            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(30), (ushort)wide.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(32), 0);
            result.AddRange(entry);
            result.AddRange(wide);
            at += 46 + name + extra;
        }

        var tail = new byte[56 + 20];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, 0x06064B50);
        BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(32), count);
        BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(40), result.Count - start);
        BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(48), start);
        BinaryPrimitives.WriteUInt32LittleEndian(tail.AsSpan(56), 0x07064B50);
        BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(64), result.Count);
        result.AddRange(tail);
        var last = zip[end..];
        BinaryPrimitives.WriteUInt16LittleEndian(last.AsSpan(10), ushort.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(last.AsSpan(12), uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(last.AsSpan(16), uint.MaxValue);
        result.AddRange(last);
        return [.. result];
    }
}
