namespace Inheritune.Runs;

/// <summary>One round of growth.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Layers">Blocks of the child.</param>
/// <param name="FromLayers">Blocks taken over from the child of the round before; 0 when all come from the
/// reference.</param>
internal sealed record Round(int Number, int Layers, int FromLayers)
{
    /// <summary>Folder and name of the child.</summary>
    public string ModelName => $"child-{Number}";

    /// <summary>Where the blocks come from, for people.</summary>
    public string Origin => FromLayers == 0
        ? $"blocks 0–{Layers - 1} of the reference"
        : $"blocks 0–{FromLayers - 1} of child-{Number - 1}, blocks {FromLayers}–{Layers - 1} of the "
            + "reference";
}
