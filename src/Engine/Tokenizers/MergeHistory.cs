namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Which two symbols last stood where each unused symbol could be merged: an unused piece is split into them
/// again when all is merged. Valid for one text.
/// </summary>
internal sealed class MergeHistory(IReadOnlySet<int> unused)
{
    private readonly Dictionary<int, (int Left, int Right)> _parts = [];

    public void Clear() => _parts.Clear();

    public void Note(int left, int right, int merged)
    {
        if (unused.Contains(merged))
        {
            _parts[merged] = (left, right);
        }
    }

    /// <summary>Calls <paramref name="keep"/> for what a symbol is split into, from left to right.</summary>
    public void Split(int symbol, Action<int> keep)
    {
        var pending = new Stack<int>();
        pending.Push(symbol);
        while (pending.TryPop(out int next))
        {
            if (_parts.TryGetValue(next, out (int Left, int Right) parts))
            {
                pending.Push(parts.Right);
                pending.Push(parts.Left);
            }
            else
            {
                keep(next);
            }
        }
    }
}
