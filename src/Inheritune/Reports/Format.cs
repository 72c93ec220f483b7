using System.Globalization;

namespace Inheritune.Reports;

/// <summary>Numbers and words for people.</summary>
internal static class Format
{
    /// <summary>Safe inside HTML and attributes.</summary>
    public static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal)
        .Replace("'", "&#39;", StringComparison.Ordinal);

    /// <summary>"4.007".</summary>
    public static string Loss(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>"−0.651" or "+0.012".</summary>
    public static string Signed(double value) =>
        (value < 0 ? "−" : "+") + Math.Abs(value).ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>"1,234,567".</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"1.02 M", "512".</summary>
    public static string Short(double value)
    {
        var (scale, unit) = Math.Abs(value) switch
        {
            >= 1e15 => (1e15, " P"),
            >= 1e12 => (1e12, " T"),
            >= 1e9 => (1e9, " G"),
            >= 1e6 => (1e6, " M"),
            >= 1e4 => (1e3, " K"),
            _ => (1.0, ""),
        };
        return (value / scale).ToString(scale > 1 ? "0.00" : "0", CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>"1 min 12 s", "3 h 5 min".</summary>
    public static string Duration(double seconds)
    {
        var span = TimeSpan.FromSeconds(double.IsFinite(seconds) ? Math.Clamp(seconds, 0, 1e9) : 0);
        return span.TotalSeconds < 10 ? span.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s"
            : span.TotalMinutes < 1 ? $"{span.Seconds} s"
            : span.TotalHours < 1 ? $"{span.Minutes} min {span.Seconds} s"
            : $"{(int)span.TotalHours} h {span.Minutes} min";
    }

    /// <summary>"512.3 MiB".</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => (bytes / (double)(1L << 30)).ToString("0.0", CultureInfo.InvariantCulture) + " GiB",
        >= 1L << 20 => (bytes / (double)(1L << 20)).ToString("0.0", CultureInfo.InvariantCulture) + " MiB",
        _ => (bytes / 1024.0).ToString("0.0", CultureInfo.InvariantCulture) + " KiB",
    };

    /// <summary>A coordinate of a drawing.</summary>
    public static string Coordinate(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
