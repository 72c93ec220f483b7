using System.Text.Json;

namespace Kernels.Tests.Statistics;

/// <summary>The golden numbers of the lazy-layer analysis.</summary>
public static class LazyLayersFixture
{
    public static readonly JsonElement Root = Load();

    /// <summary>The oracles of the analysis as formulas, T×T.</summary>
    public static double[,] Oracle(string name, int T)
    {
        var a = new double[T, T];
        for (var p = 0; p < T; p++)
        {
            for (var j = 0; j < T; j++)
            {
                a[p, j] = name switch
                {
                    "sink" => Sink(j),
                    "sink70-uniform30-causal" => 0.7 * Sink(j) + (j <= p ? 0.3 / (p + 1) : 0),
                    "sink70-uniform30" => 0.7 * Sink(j) + 0.3 / T,
                    "sink80-diagonal20" => 0.8 * Sink(j) + 0.2 * (j == p ? 1 : 0),
                    "sink70-diagonal30" => 0.7 * Sink(j) + 0.3 * (j == p ? 1 : 0),
                    "two-halves" => j == (p < T / 2 ? 0 : T / 2) ? 1 : 0,
                    "identity" => j == p ? 1 : 0,
                    "previous" => j == Math.Max(0, p - 1) ? 1 : 0,
                    "causal-uniform" => j <= p ? 1.0 / (p + 1) : 0,
                    "uniform" => 1.0 / T,
                    _ => throw new ArgumentException($"oracle {name}: unknown", nameof(name)),
                };
            }
        }

        return a;
    }

    /// <summary>
    /// A golden matrix; one with fewer columns than rows gets columns of zeros, which change no statistic.
    /// </summary>
    public static double[,] Matrix(JsonElement golden)
    {
        var n = golden.GetProperty("rows").GetInt32();
        var matrix = new double[n, n];
        for (var i = 0; i < n; i++)
        {
            var row = golden.GetProperty("matrix")[i];
            for (var j = 0; j < row.GetArrayLength(); j++)
            {
                matrix[i, j] = row[j].GetDouble();
            }
        }

        return matrix;
    }

    private static double Sink(int j) => j == 0 ? 1 : 0;

    private static JsonElement Load()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Inheritune.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Inheritune.sln: not found above the tests.");
        }

        var path = Path.Combine(folder.FullName, "tests", "fixtures", "training", "lazy-layers.json");
        return JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
    }
}
