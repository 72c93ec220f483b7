using System.Globalization;

namespace Kernels.Tests.Gpu.Fragments;

/// <summary>
/// One launch of a kernel of golden.cu: its input, and what the documentation of the instruction says of its output.
/// </summary>
/// <param name="Name">Name of the fragment, and of its recording.</param>
/// <param name="Kernel">Name in golden.cu, without "golden_".</param>
/// <param name="Blocks">Grid.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="Input">Words that the kernel reads.</param>
/// <param name="Expected">Words that it writes.</param>
internal sealed record Fragment(string Name, string Kernel, int Blocks, int Threads, uint[] Input, uint[] Expected)
{
    /// <summary>Dynamic shared memory of a block.</summary>
    public int SharedBytes { get; init; }

    /// <summary>Needs compute capability 9.0.</summary>
    public bool IsHopper { get; init; }

    /// <summary>The words are floats that may differ by so much, and a NaN is a NaN; null: all bits agree.</summary>
    public double[]? Tolerance { get; init; }

    /// <summary>Bits of a word that mean something.</summary>
    public uint Mask { get; init; } = uint.MaxValue;

    /// <summary>The bf16 matrix in the input that a bulk copy reads: first word, rows, columns.</summary>
    public (int Word, int Rows, int Columns)? Matrix { get; init; }

    /// <summary>The first word that differs, in words; null if none does.</summary>
    public string? Difference(uint[] expected, uint[] actual)
    {
        if (expected.Length != actual.Length)
        {
            return $"{Name}: expected {expected.Length} words, got {actual.Length}";
        }

        var different = Enumerable.Range(0, actual.Length).Where(i => !Agrees(i, expected[i], actual[i])).ToArray();
        return different.Length == 0
            ? null
            : $"{Name}: {different.Length} of {actual.Length} words differ, the first is word {different[0]}: expected "
            + $"{Text(expected[different[0]])}, got {Text(actual[different[0]])}";
    }

    /// <summary>The largest error of a number, relative to it; 0 where there are none.</summary>
    public double WorstError(uint[] actual) => Expected
        .Zip(actual, (e, a) => (Expected: Value(e), Actual: Value(a)))
        .Where(pair => float.IsNormal(pair.Expected) && float.IsFinite(pair.Actual))
        .Select(pair => Math.Abs(((double)pair.Actual - pair.Expected) / pair.Expected))
        .DefaultIfEmpty().Max();

    private static float Value(uint word) => BitConverter.UInt32BitsToSingle(word);

    private static string Text(uint word) =>
        string.Create(CultureInfo.InvariantCulture, $"0x{word:x8} ({Value(word):R})");

    private bool Agrees(int index, uint expected, uint actual)
    {
        if ((expected & Mask) == (actual & Mask))
        {
            return true;
        }

        var (e, a) = ((double)Value(expected), (double)Value(actual));
        return Tolerance is not null && (double.IsNaN(e) ? double.IsNaN(a) : Math.Abs(e - a) <= Tolerance[index]);
    }
}
