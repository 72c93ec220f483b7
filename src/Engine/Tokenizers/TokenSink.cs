using System.Buffers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Collects the ids of a text and, when asked for, where each stands in the normalised UTF-8.
/// </summary>
internal sealed class TokenSink(bool wantsOffsets, List<int>? ids = null)
{
    public List<int> Ids { get; } = ids ?? [];

    public bool WantsOffsets { get; } = wantsOffsets;

    public List<int> Starts { get; } = [];

    public List<int> Ends { get; } = [];

    /// <summary>The normalised text; filled only when offsets are wanted.</summary>
    public ArrayBufferWriter<byte> Text { get; } = new();

    public void Add(int id, int start, int end)
    {
        Ids.Add(id);
        if (WantsOffsets)
        {
            Starts.Add(start);
            Ends.Add(end);
        }
    }
}
