using System.Globalization;

namespace Inheritune.Cli;

/// <summary>
/// The values of one command's options. What was given goes before the recipe file, that before the preset,
/// that before
/// the default.
/// </summary>
internal sealed class OptionValues
{
    private readonly Dictionary<string, OptionSpec> _specs;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    /// <summary>All defaults.</summary>
    public OptionValues(IEnumerable<OptionSpec> specs)
    {
        _specs = specs.ToDictionary(s => s.Name, StringComparer.Ordinal);
    }

    /// <summary>Declarations, in the order of declaration.</summary>
    public IReadOnlyCollection<OptionSpec> Specs => _specs.Values;

    /// <summary>Positional arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Sets a value that was given; <paramref name="source"/> names the place in errors.</summary>
    /// <exception cref="UsageException">The name is unknown or the value does not fit.</exception>
    public void Set(string name, string text, string source)
    {
        if (!_specs.TryGetValue(name, out var spec))
        {
            var hint = Nearest.Find(name, _specs.Keys) is { } near ? $"; nearest is {near}" : "";
            throw new UsageException($"{source}: unknown option{hint}.");
        }

        spec.Check(text, source);
        _values[name] = text;
        _given.Add(name);
    }

    /// <summary>Sets a value where none was given.</summary>
    public void SetDefault(string name, string text)
    {
        if (_specs.TryGetValue(name, out var spec) && !_values.ContainsKey(name))
        {
            spec.Check(text, spec.Flag);
            _values[name] = text;
        }
    }

    /// <summary>Replaces a default that follows from other values.</summary>
    public void SetResolved(string name, IFormattable value) =>
        _values[name] = value.ToString(null, CultureInfo.InvariantCulture);

    /// <summary>Whether the option was given on the command line or in a recipe.</summary>
    public bool IsGiven(string name) => _given.Contains(name);

    /// <summary>The text, given or default.</summary>
    public string Text(string name) => _values.TryGetValue(name, out var text) ? text : _specs[name].Default;

    /// <summary>A whole number.</summary>
    public long Long(string name) => long.Parse(Text(name), CultureInfo.InvariantCulture);

    /// <summary>A whole number.</summary>
    public int Int(string name) => checked((int)Long(name));

    /// <summary>A number.</summary>
    public double Number(string name) => double.Parse(Text(name), CultureInfo.InvariantCulture);

    /// <summary>Present or not.</summary>
    public bool IsOn(string name) => Text(name) is "true" or "on";

    /// <summary>A list of words.</summary>
    public string[] Words(string name) => OptionSpec.Pieces(Text(name));

    /// <summary>A list of whole numbers.</summary>
    public int[] Integers(string name) =>
        [.. Words(name).Select(p => int.Parse(p, CultureInfo.InvariantCulture))];

    /// <summary>A list of numbers.</summary>
    public double[] Numbers(string name) =>
        [.. Words(name).Select(p => double.Parse(p, CultureInfo.InvariantCulture))];

    /// <summary>A path that has to be given.</summary>
    /// <exception cref="UsageException">It was not given.</exception>
    public string RequiredPath(string name) =>
        Text(name) is { Length: > 0 } path ? path
            : throw new UsageException($"--{name}: is missing. {_specs[name].Meaning}.");
}
