using System.Globalization;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Training;

/// <summary>
/// The checkpoints of a run: "checkpoints/step-000500" and so on. Names count, not file times.
/// </summary>
public static class CheckpointFolders
{
    private const string Prefix = "step-";

    /// <summary>Folder of the checkpoint after <paramref name="step"/> steps.</summary>
    public static string PathOf(string runFolder, long step) =>
        Path.Combine(runFolder, "checkpoints", Prefix + step.ToString("D6", CultureInfo.InvariantCulture));

    /// <summary>Complete checkpoints of a run, first step first.</summary>
    public static IReadOnlyList<(long Step, string Folder)> Complete(string runFolder)
    {
        var root = Path.Combine(runFolder, "checkpoints");
        if (!Directory.Exists(root))
        {
            return [];
        }

        var found = new List<(long Step, string Folder)>();
        foreach (var folder in Directory.EnumerateDirectories(root, Prefix + "*"))
        {
            var digits = Path.GetFileName(folder)[Prefix.Length..];
            if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var step)
                && IsComplete(folder))
            {
                found.Add((step, folder));
            }
        }

        found.Sort();
        return found;
    }

    /// <summary>The complete checkpoint with the highest step, or null.</summary>
    public static string? Latest(string runFolder) =>
        Complete(runFolder) is [.., var last] ? last.Folder : null;

    /// <summary>Deletes all but the last <paramref name="keep"/> complete checkpoints; 0 keeps all.</summary>
    internal static void Prune(string runFolder, int keep)
    {
        if (keep == 0)
        {
            return;
        }

        var complete = Complete(runFolder);
        for (var i = 0; i < complete.Count - keep; i++)
        {
            // A folder that is half deleted must not look like a checkpoint.
            var leaving = complete[i].Folder + AtomicFile.TemporaryInfix + "deleted";
            Directory.Move(complete[i].Folder, leaving);
            Directory.Delete(leaving, recursive: true);
        }
    }

    private static bool IsComplete(string folder)
    {
        try
        {
            TrainerState.Read(folder);
            return true;
        }
        catch (TrainingException)
        {
            return false;
        }
    }
}
