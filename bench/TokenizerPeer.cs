using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Inheritune.Bench;

/// <summary>Runs bench/peers/tokenizer_peer.mjs, which installs the peers by npm into a temporary folder.</summary>
internal sealed class TokenizerPeer : IDisposable
{
    private readonly string _packages = Path.Combine(Path.GetTempPath(), "inheritune-tokenizer-peers");
    private readonly string _work = Directory.CreateTempSubdirectory("inheritune-tokenizer-").FullName;

    private TokenizerPeer(List<byte[]> documents)
    {
        using FileStream file = File.Create(TextPath);
        for (var i = 0; i < documents.Count; i++)
        {
            file.Write(i == 0 ? [] : [0]);
            file.Write(documents[i]);
        }
    }

    private string TextPath => Path.Combine(_work, "text");

    /// <summary>Null, with one line that says why, where node or the packages cannot be had.</summary>
    public static TokenizerPeer? Start(List<byte[]> documents)
    {
        var peer = new TokenizerPeer(documents);
        try
        {
            peer.WriteRanks("r50k_base");
            return peer;
        }
        catch (Exception fault) when (fault is Win32Exception or InvalidOperationException)
        {
            Console.WriteLine($"Peers: not available: {fault.Message.Trim()}");
            peer.Dispose();
            return null;
        }
    }

    /// <summary>Writes a peer's vocabulary as a rank file and returns its path.</summary>
    public string WriteRanks(string encoding)
    {
        var path = Path.Combine(_work, encoding + ".tiktoken");
        if (!File.Exists(path))
        {
            Node("ranks", _packages, encoding, path);
        }

        return path;
    }

    public List<TokenizerRate> Measure(string encoding, int rounds) =>
    [
        .. Node("measure", _packages, encoding, TextPath, rounds.ToString(CultureInfo.InvariantCulture))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Rate),
    ];

    public void Dispose() => Directory.Delete(_work, recursive: true);

    private static TokenizerRate Rate(string line)
    {
        using var document = JsonDocument.Parse(line);
        JsonElement peer = document.RootElement;
        var name = peer.GetProperty("name").GetString()!;
        return peer.TryGetProperty("error", out JsonElement error)
            ? new TokenizerRate(name, [], 0, 0, error.GetString())
            : new TokenizerRate(
                name, [.. peer.GetProperty("rates").EnumerateArray().Select(rate => rate.GetDouble())],
                peer.GetProperty("count").GetInt64(), peer.GetProperty("hash").GetUInt32(), null);
    }

    private static string Node(params string[] arguments)
    {
        var start = new ProcessStartInfo("node", [ScriptPath(), .. arguments]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"node {string.Join(' ', arguments)}: exit code {process.ExitCode}.");
    }

    private static string ScriptPath()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Inheritune.sln")))
            {
                return Path.Combine(folder.FullName, "bench", "peers", "tokenizer_peer.mjs");
            }
        }

        throw new ArgumentException("bench/peers: not found. Run the benchmark from a checkout of the repository.");
    }
}
