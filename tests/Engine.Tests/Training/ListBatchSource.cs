using Inheritune.Engine.Data;

namespace Engine.Tests.Training;

/// <summary>Windows of T + 1 ids given one by one.</summary>
internal sealed class ListBatchSource(IReadOnlyList<int[]> windows) : IBatchSource
{
    private int _next;

    public string State
    {
        get => $"{_next}";
        set => _next = int.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Next(Span<int> tokens, Span<int> targets, int batch, int sequenceLength)
    {
        for (var row = 0; row < batch; row++)
        {
            var window = windows[_next++ % windows.Count];
            window.AsSpan(0, sequenceLength).CopyTo(tokens[(row * sequenceLength)..]);
            window.AsSpan(1, sequenceLength).CopyTo(targets[(row * sequenceLength)..]);
        }
    }
}
