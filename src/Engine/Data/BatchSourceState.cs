using System.Globalization;

namespace Inheritune.Engine.Data;

/// <summary>Text form of a source's state: a kind and a few numbers.</summary>
internal static class BatchSourceState
{
    public static string Format(string kind, params ReadOnlySpan<long> numbers)
    {
        var text = kind;
        foreach (var number in numbers)
        {
            text += " " + number.ToString(CultureInfo.InvariantCulture);
        }

        return text;
    }

    public static void Parse(string state, string kind, Span<long> numbers)
    {
        var parts = (state ?? "").Split(' ');
        var matches = parts.Length == numbers.Length + 1 && parts[0] == kind;
        for (var i = 0; matches && i < numbers.Length; i++)
        {
            matches = long.TryParse(parts[i + 1], NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out numbers[i]);
        }

        if (!matches)
        {
            throw new TokenFileException(
                $"data position: expected \"{kind}\" and {numbers.Length} numbers, got \"{state}\". "
                + "The run was started with another order of batches. Resume with the same one.");
        }
    }
}
