using System.Globalization;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>"--name value" pairs and "--flag" switches of a bench mode.</summary>
internal sealed class BenchArguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Reads the arguments; every name must be one of <paramref name="known"/>.</summary>
    /// <param name="arguments">As given on the command line.</param>
    /// <param name="known">Names without the dashes; one ending in '!' is a switch.</param>
    public BenchArguments(string[] arguments, params string[] known)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i].StartsWith("--", StringComparison.Ordinal) ? arguments[i][2..] : "";
            if (known.Contains(name + "!"))
            {
                _values[name] = "true";
            }
            else if (known.Contains(name) && i + 1 < arguments.Length)
            {
                _values[name] = arguments[++i];
            }
            else
            {
                throw new ArgumentException(
                    $"{arguments[i]}: expected one of {string.Join(", ", known.Select(k => "--" + k.TrimEnd('!')))}.");
            }
        }
    }

    /// <summary>A switch.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A text.</summary>
    public string Text(string name, string fallback) => _values.GetValueOrDefault(name, fallback);

    /// <summary>Element type that --precision names: f32, or bf16 (also as mixed).</summary>
    public DType Element() => Precision().ComputeType();

    /// <summary>--precision: f32, mixed or bf16.</summary>
    public Precision Precision()
    {
        var text = Text("precision", "f32");
        return Enum.TryParse<Precision>(text, ignoreCase: true, out var value) && Enum.IsDefined(value)
            ? value
            : throw new ArgumentException($"--precision: expected f32, mixed or bf16, got '{text}'.");
    }

    /// <summary>A whole number of at least <paramref name="minimum"/>.</summary>
    public int Number(string name, int fallback, int minimum = 1)
    {
        if (!_values.TryGetValue(name, out var text))
        {
            return fallback;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum
            ? value
            : throw new ArgumentException($"--{name}: expected a whole number of at least {minimum}, got '{text}'.");
    }
}
