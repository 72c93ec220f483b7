using System.Text.Json.Nodes;
using Inheritune.Engine.Training;
using Inheritune.Reports;

namespace Inheritune.Tests.Runs;

/// <summary>What of a run's folder has to be equal when nothing but time differs.</summary>
internal static class RunFiles
{
    /// <summary>Weights, log lines without times, and numbers without times, by name.</summary>
    public static SortedDictionary<string, string> Fingerprint(string folder)
    {
        var result = ResultJson.Read(File.ReadAllText(Path.Combine(folder, "result.json")), folder);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var model in result.Models)
        {
            var path = Path.Combine(folder, model.Name);
            var weights = File.ReadAllBytes(
                Path.Combine(CheckpointFolders.Latest(path)!, "model.safetensors"));
            files.Add(model.Name + " weights",
                Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(weights)));
            var lines = File.ReadLines(Path.Combine(path, "log.jsonl")).Select(WithoutTime);
            files.Add(model.Name + " log", string.Join('\n', lines));
        }

        files.Add("decisions", string.Join('\n', result.Rounds.Select(r => r.Text)));
        files.Add("losses",
            string.Join('\n', result.Models.SelectMany(m => m.FinalLosses).Select(l => l.ToString("R"))));
        files.Add("samples", string.Join('\n', result.Samples.Select(s => s.Text)));
        return files;
    }

    private static string WithoutTime(string line)
    {
        var node = JsonNode.Parse(line)!.AsObject();
        node.Remove("ms");
        return node.ToJsonString();
    }
}
