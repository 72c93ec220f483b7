namespace Inheritune.Engine.Data.Codecs;

/// <summary>Copies of earlier output, which may overlap what they write.</summary>
internal static class BlockCopy
{
    /// <summary>
    /// Continues <paramref name="output"/> at <paramref name="at"/> with what lies
    /// <paramref name="offset"/> bytes before.
    /// </summary>
    public static void Repeat(Span<byte> output, int at, int offset, int count)
    {
        while (count > 0)
        {
            // What was written so far can be copied whole: the piece doubles each time round.
            int piece = Math.Min(offset, count);
            output.Slice(at - offset, piece).CopyTo(output[at..]);
            at += piece;
            count -= piece;
            offset += piece;
        }
    }
}
