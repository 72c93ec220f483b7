using System.Globalization;

namespace Inheritune.Cli;

/// <summary>
/// The one declaration of an option: help, parsing, checks and recipe files all read this entry.
/// </summary>
/// <param name="Name">Without dashes: "learning-rate".</param>
/// <param name="Kind">What its text is.</param>
/// <param name="Default">Text of the default; empty for none.</param>
/// <param name="Meaning">One sentence without the full stop.</param>
internal sealed record OptionSpec(string Name, OptionKind Kind, string Default, string Meaning)
{
    /// <summary>Unit in words: "steps", "tokens"; empty for none.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Smallest value of a number.</summary>
    public double Minimum { get; init; } = double.NegativeInfinity;

    /// <summary>Largest value of a number.</summary>
    public double Maximum { get; init; } = double.PositiveInfinity;

    /// <summary>Words allowed.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>A run's numbers do not depend on it: a run may go on with another value.</summary>
    public bool IsMachineChoice { get; init; }

    /// <summary>"--learning-rate".</summary>
    public string Flag => "--" + Name;

    /// <summary>A whole number.</summary>
    public static OptionSpec Integer(
        string name, long value, long minimum, long maximum, string unit, string meaning) =>
        new(name, OptionKind.Integer, value.ToString(CultureInfo.InvariantCulture), meaning)
        {
            Unit = unit,
            Minimum = minimum,
            Maximum = maximum,
        };

    /// <summary>A number.</summary>
    public static OptionSpec Number(
        string name, double value, double minimum, double maximum, string unit, string meaning) =>
        new(name, OptionKind.Number, value.ToString(CultureInfo.InvariantCulture), meaning)
        {
            Unit = unit,
            Minimum = minimum,
            Maximum = maximum,
        };

    /// <summary>One of some words, the default first.</summary>
    public static OptionSpec Choice(string name, string value, string[] choices, string meaning) =>
        new(name, OptionKind.Choice, value, meaning) { Choices = choices };

    /// <summary>Free text.</summary>
    public static OptionSpec Text(string name, string value, string meaning) =>
        new(name, OptionKind.Text, value, meaning);

    /// <summary>A file or folder.</summary>
    public static OptionSpec Path(string name, string value, string meaning) =>
        new(name, OptionKind.Path, value, meaning);

    /// <summary>Present or absent.</summary>
    public static OptionSpec Switch(string name, string meaning) =>
        new(name, OptionKind.Flag, "false", meaning);

    /// <summary>What an acceptable value looks like: "a whole number from 1 to 64 layers".</summary>
    public string Expected => Kind switch
    {
        OptionKind.Integer => $"a whole number {RangeText}{UnitText}",
        OptionKind.Number => $"a number {RangeText}{UnitText}",
        OptionKind.Choice => "one of " + string.Join(", ", Choices),
        OptionKind.Words => "a list of " + string.Join(", ", Choices),
        OptionKind.Integers => $"whole numbers {RangeText} separated by commas",
        OptionKind.Numbers => $"numbers {RangeText} separated by commas",
        OptionKind.Flag => "true or false",
        _ => "text",
    };

    /// <summary>Meaning, range, unit and default in one line of help.</summary>
    public string Help
    {
        get
        {
            var parts = new List<string>();
            if (Kind is OptionKind.Integer or OptionKind.Number or OptionKind.Integers or OptionKind.Numbers)
            {
                parts.Add($"{Format(Minimum)} to {Format(Maximum)}{UnitText}");
            }
            else if (Choices.Count > 0)
            {
                parts.Add(string.Join(" | ", Choices));
            }

            if (Default.Length > 0 && Kind != OptionKind.Flag)
            {
                parts.Add("default " + Default);
            }

            return parts.Count == 0 ? Meaning + "." : $"{Meaning} [{string.Join("; ", parts)}].";
        }
    }

    private string RangeText => $"from {Format(Minimum)} to {Format(Maximum)}";

    private string UnitText => Unit.Length == 0 ? "" : " " + Unit;

    /// <summary>Checks the text of a value; <paramref name="source"/> names the place in the error.</summary>
    /// <exception cref="UsageException">The text does not fit.</exception>
    public void Check(string text, string source)
    {
        if (Problem(text) is { } problem)
        {
            throw new UsageException($"{source}: expected {Expected}, got {problem}.");
        }
    }

    private string? Problem(string text) => Kind switch
    {
        OptionKind.Integer =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n)
                && IsInside(n)
                ? null : Quote(text),
        OptionKind.Number =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && IsInside(x)
                ? null : Quote(text),
        OptionKind.Choice => Choices.Contains(text, StringComparer.Ordinal) ? null : Quote(text)
            + NearestHint(text),
        OptionKind.Words => Pieces(text)
            .FirstOrDefault(p => !Choices.Contains(p, StringComparer.Ordinal)) is { } word
            ? Quote(word) + NearestHint(word) : null,
        OptionKind.Integers => Pieces(text).FirstOrDefault(p =>
            !(long.TryParse(p, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var i)
                && IsInside(i))) is
        { } bad ? Quote(bad) : null,
        OptionKind.Numbers => Pieces(text).FirstOrDefault(p =>
            !(double.TryParse(p, NumberStyles.Float, CultureInfo.InvariantCulture, out var d)
                && IsInside(d))) is { } bad
            ? Quote(bad) : null,
        OptionKind.Flag => text is "true" or "false" ? null : Quote(text),
        _ => null,
    };

    /// <summary>The pieces of a list.</summary>
    public static string[] Pieces(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private bool IsInside(double value) => value >= Minimum && value <= Maximum;

    private string NearestHint(string text) =>
        Cli.Nearest.Find(text, Choices) is { } nearest ? $"; nearest is {nearest}" : "";

    private static string Quote(string text) => text.Length == 0 ? "nothing"
        : $"'{(text.Length > 80 ? text[..80] + "…" : text)}'";

    private static string Format(double value) => value switch
    {
        >= long.MaxValue or <= long.MinValue => "any",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}
