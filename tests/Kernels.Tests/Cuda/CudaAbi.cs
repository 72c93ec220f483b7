using System.Text.Json;

namespace Kernels.Tests.Cuda;

/// <summary>
/// The binary interface of NVIDIA's libraries, made from their headers by a compiler and checked against the libraries:
/// tests/fixtures/cuda/cuda_abi.json.
/// </summary>
internal static class CudaAbi
{
    private static readonly Lazy<JsonElement> Root = new(
        () => JsonDocument.Parse(File.ReadAllBytes(Fixtures.Find("cuda/cuda_abi.json"))).RootElement.GetProperty("libraries"));

    /// <summary>A function by the entry point to bind, with its parameters' kinds.</summary>
    public static AbiFunction Function(string library, string entryPoint)
    {
        foreach (var function in Root.Value.GetProperty(library).GetProperty("functions").EnumerateArray())
        {
            var bind = function.TryGetProperty("bind", out var form) ? form.GetString() : function.GetProperty("symbol").GetString();
            if (bind == entryPoint)
            {
                return new AbiFunction(
                    Value(function.GetProperty("returns")),
                    [.. function.GetProperty("parameters").EnumerateArray().Select(Value)]);
            }
        }

        throw new KeyNotFoundException($"{library} has no entry point {entryPoint} to bind.");
    }

    /// <summary>Members of an enum.</summary>
    public static IReadOnlyDictionary<string, long> Members(string library, string type) =>
        Root.Value.GetProperty(library).GetProperty("enums").GetProperty(type).GetProperty("values").EnumerateObject()
            .ToDictionary(member => member.Name, member => member.Value.GetInt64());

    public static (int Size, IReadOnlyDictionary<string, int> Offsets) Struct(string library, string type)
    {
        var layout = Root.Value.GetProperty(library).GetProperty("structs").GetProperty(type);
        return (
            layout.GetProperty("size").GetInt32(),
            layout.GetProperty("fields").EnumerateArray()
                .ToDictionary(f => f.GetProperty("name").GetString()!, f => f.GetProperty("offset").GetInt32()));
    }

    /// <summary>Value and exact size of every attribute of cuBLASLt.</summary>
    public static IReadOnlyDictionary<string, (int Value, int Bytes)> Attributes =>
        Root.Value.GetProperty("cublasLt").GetProperty("attribute_bytes").EnumerateObject()
            .Where(attribute => attribute.Value.ValueKind == JsonValueKind.Object)
            .ToDictionary(
                attribute => attribute.Name,
                attribute => (attribute.Value.GetProperty("value").GetInt32(), attribute.Value.GetProperty("bytes").GetInt32()));

    // The end of [name, C type, kind, bytes] or [C type, kind, bytes].
    private static AbiValue Value(JsonElement element) => new(
        element[element.GetArrayLength() - 2].GetString()!, element[element.GetArrayLength() - 1].GetInt32());
}
