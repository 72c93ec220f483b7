using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Tokenizers;
using Inheritune.Engine.Training;
using Inheritune.Recipes;

namespace Inheritune.Runs;

/// <summary>
/// Finds the model that a path means: a checkpoint, the last one of a training, or the last child of a run.
/// </summary>
internal static class ModelPath
{
    /// <summary>Folder with config.json, or the model of another program.</summary>
    /// <exception cref="RunException">There is no model.</exception>
    public static string Resolve(string path, string option)
    {
        // A weight file stands for the folder of its config.json.
        var beside = File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        if (File.Exists(Path.Combine(beside, ModelFolder.ConfigName)) && !IsOwnModel(path))
        {
            return beside;
        }

        if (ModelFolder.IsModel(path))
        {
            return path;
        }

        if (!Directory.Exists(path))
        {
            throw new RunException($"{option}: {path}: expected a folder with a model, got "
                + $"{(File.Exists(path) ? "a file" : "nothing")}.");
        }

        if (CheckpointFolders.Latest(path) is { } latest)
        {
            return latest;
        }

        // A run's folder: the last child, else the reference.
        var children = Directory.EnumerateDirectories(path, "child-*")
            .OrderBy(d => d.Length).ThenBy(d => d, StringComparer.Ordinal)
            .Prepend(Path.Combine(path, StagePlan.Reference))
            .Select(CheckpointFolders.Latest)
            .OfType<string>()
            .ToList();
        if (Directory.Exists(Path.Combine(path, "checkpoints")))
        {
            throw new RunException(
                $"{option}: {path}: has no complete checkpoint. Files may be damaged or missing; train "
                    + "again, or give one checkpoint.");
        }

        return children.Count > 0
            ? children[^1]
            : throw new RunException(
                $"{option}: {path}: has neither {ModelFolder.ConfigName} nor checkpoints. Give a "
                    + "checkpoint, a training or a run.");
    }

    /// <summary>A model file that needs no config.json: one of llm.c or nanoGPT beside another model.</summary>
    private static bool IsOwnModel(string path) => File.Exists(path) && ModelFolder.IsModel(path)
        && !Path.GetFileName(path).StartsWith("pytorch_model", StringComparison.Ordinal);

    /// <summary>The tokenizer of a model folder, or the one asked for.</summary>
    public static TextTokenizer Tokenizer(OptionValues values, string modelFolder)
    {
        var asked = values.Text(CommonOptions.Tokenizer.Name);
        if (asked == "bytes")
        {
            return new ByteTokenizer();
        }

        var folder = asked.Length > 0 ? asked : modelFolder;
        return TokenizerFolder.Exists(folder)
            ? TokenizerFolder.Load(folder)
            : throw new RunException(
                $"--tokenizer: {folder}: has no tokenizer files. Give --tokenizer FOLDER, or --tokenizer "
                + "bytes.");
    }
}
