using System.Text.Json.Nodes;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Checkpoints;

/// <summary>Files of a model folder beside configuration and weights: tokenizer and generation settings.</summary>
public static class ModelCompanions
{
    internal const string Generation = "generation_config.json";

    private static readonly string[] Tokenizer =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
        "merges.txt", "vocab.bpe", "tokenizer.model", "vocab.txt", "chat_template.jinja",
    ];

    /// <summary>
    /// Copies what the source has of them; generation settings are made from config.json where it has none.
    /// </summary>
    /// <param name="source">Folder of the source, or null.</param>
    /// <param name="folder">Folder with a config.json.</param>
    public static void Write(string? source, string folder)
    {
        foreach (var name in Tokenizer.Append(Generation).Where(name => source is not null))
        {
            var path = Path.Combine(source!, name);
            if (File.Exists(path))
            {
                File.Copy(path, Path.Combine(folder, name), overwrite: true);
            }
        }

        if (!File.Exists(Path.Combine(folder, Generation)))
        {
            var config = ModelFolder.ReadConfigJson(folder);
            var settings = new JsonObject { ["_from_model_config"] = true };
            foreach (var key in (string[])["bos_token_id", "eos_token_id", "pad_token_id"])
            {
                if (config[key] is { } id)
                {
                    settings[key] = id.DeepClone();
                }
            }

            AtomicFile.WriteAllText(Path.Combine(folder, Generation), settings.ToJsonString() + "\n");
        }
    }
}
