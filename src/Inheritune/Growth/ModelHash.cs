using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Inheritune.Engine.Checkpoints;
using Decoder = Inheritune.Engine.Model.Decoder;

namespace Inheritune.Growth;

/// <summary>
/// SHA-256 of a model's parameters in canonical order: the same for every file type that holds the same
/// values.
/// </summary>
internal static class ModelHash
{
    private const int ChunkElements = 1 << 20;

    /// <summary>64 hexadecimal digits; waits for the device.</summary>
    public static string Of(Decoder model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new float[ChunkElements];
        foreach (var parameter in model.Table)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{parameter.Name} {parameter.Shape}\n"));
            var tensor = model.Weights[parameter];
            var flat = tensor.View(tensor.Count);
            for (long first = 0; first < flat.Count; first += ChunkElements)
            {
                var values = buffer.AsSpan(0, (int)Math.Min(ChunkElements, flat.Count - first));
                flat.Slice(first, values.Length).ReadToHost(values);
                hash.AppendData(MemoryMarshal.AsBytes(values));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The same of a model that stays in its files.</summary>
    public static string Of(ModelOnDisk model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var parameter in model.Table)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{parameter.Name} {parameter.Shape}\n"));
            model.ForEachValue(parameter.Name, values => hash.AppendData(MemoryMarshal.AsBytes(values)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
