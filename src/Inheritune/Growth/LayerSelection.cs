namespace Inheritune.Growth;

/// <summary>Which blocks of the reference a child gets.</summary>
/// <param name="Name">For people: "first 3", "list 0,3,5".</param>
/// <param name="Blocks">Indices into the reference, in the order of the child.</param>
internal sealed record LayerSelection(string Name, IReadOnlyList<int> Blocks)
{
    /// <summary>Blocks 0 .. n − 1.</summary>
    public static LayerSelection First(int layers, int depth) =>
        new($"first {layers}", Blocks: Checked($"first {layers}", Enumerable.Range(0, Math.Max(0, layers)), depth));

    /// <summary>Blocks from .. to − 1.</summary>
    public static LayerSelection Range(int from, int to, int depth)
    {
        var name = $"range {from}..{to}";
        return new(name, Checked(name, Enumerable.Range(from, Math.Max(0, to - from)), depth));
    }

    /// <summary>Any blocks, in any order, repeated or not.</summary>
    public static LayerSelection List(IEnumerable<int> blocks, int depth)
    {
        int[] list = [.. blocks];
        var name = "list " + string.Join(',', list);
        return new(name, Checked(name, list, depth));
    }

    /// <summary>Every step-th block from a first one on.</summary>
    public static LayerSelection Stride(int from, int step, int depth)
    {
        var name = $"stride {from}+{step}";
        if (step < 1)
        {
            throw new GrowthException($"{name}: expected a step of 1 or more, got {step}.");
        }

        var blocks = Enumerable.Range(0, depth).Where(i => i >= from && (i - from) % step == 0);
        return new(name, Checked(name, blocks, depth));
    }

    /// <summary>
    /// The window of contiguous blocks with the highest mean score, the earliest on a tie: with the mean rank
    /// of the attention matrices as score this is the automatic choice of arXiv 2404.08634v4.
    /// </summary>
    public static LayerSelection BestWindow(IReadOnlyList<double> scores, int layers)
    {
        if (layers < 1 || layers > scores.Count)
        {
            throw new GrowthException($"best window: expected 1 to {scores.Count} blocks, got {layers}.");
        }

        var best = 0;
        var bestSum = double.NegativeInfinity;
        for (var from = 0; from + layers <= scores.Count; from++)
        {
            var sum = Enumerable.Range(from, layers).Sum(i => scores[i]);
            if (sum > bestSum)
            {
                (best, bestSum) = (from, sum);
            }
        }

        return Range(best, best + layers, scores.Count);
    }

    private static int[] Checked(string name, IEnumerable<int> blocks, int depth)
    {
        int[] list = [.. blocks];
        if (list.Length == 0)
        {
            throw new GrowthException(
                $"{name}: expected at least one of the reference's {depth} blocks, got none.");
        }

        foreach (var block in list)
        {
            if (block < 0 || block >= depth)
            {
                throw new GrowthException(
                    $"{name}: block {block}: expected 0 to {depth - 1}, the reference has {depth} blocks.");
            }
        }

        return list;
    }
}
