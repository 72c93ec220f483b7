using System.Globalization;

namespace Inheritune.Engine.Checkpoints;

/// <summary>Element types of safetensors.</summary>
internal static class SafetensorsTypes
{
    // In the order of writing: decreasing alignment.
    private static readonly (string Name, int Bits)[] Types =
    [
        ("U64", 64), ("I64", 64), ("F64", 64), ("C64", 64), ("F32", 32), ("U32", 32), ("I32", 32), ("BF16", 16),
        ("F16", 16), ("U16", 16), ("I16", 16), ("U8", 8), ("I8", 8), ("F8_E4M3", 8), ("F8_E5M2", 8), ("F8_E8M0", 8),
        ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("BOOL", 8), ("F6_E2M3", 6), ("F6_E3M2", 6), ("F4", 4),
    ];

    /// <summary>Bits of an element, or 0 for an unknown name.</summary>
    public static int Bits(string dtype)
    {
        var index = Order(dtype);
        return index < 0 ? 0 : Types[index].Bits;
    }

    /// <summary>Place in the order of writing, or -1.</summary>
    public static int Order(string dtype) => Array.FindIndex(Types, type => type.Name == dtype);

    /// <summary>A type whose values can become f32 weights.</summary>
    public static bool IsFloat(string dtype) => dtype is "F64" or "F32" or "F16" or "BF16";

    /// <summary>All names, for messages.</summary>
    public static string Names => string.Join(", ", Types.Select(type => type.Name));

    /// <summary>As in "(8192, 768)".</summary>
    public static string ShapeText(IReadOnlyList<long> shape) =>
        "(" + string.Join(", ", shape.Select(dimension => dimension.ToString(CultureInfo.InvariantCulture))) + ")";
}
