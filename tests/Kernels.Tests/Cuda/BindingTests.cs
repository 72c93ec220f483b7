using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inheritune.Kernels.Cuda;

namespace Kernels.Tests.Cuda;

/// <summary>Every native call of the engine against the libraries' binary interface: no GPU is needed to be right.</summary>
public sealed class BindingTests
{
    private static readonly (MethodInfo Method, LibraryImportAttribute Import)[] Bindings =
    [
        .. typeof(CudaLaunch).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(
                BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (method, method.GetCustomAttribute<LibraryImportAttribute>()!))
            .Where(binding => binding.Item2 is not null),
    ];

    public static TheoryData<string> Cuda => new(Bindings
        .Where(b => LibraryOf(b.Method, b.Import) is not null)
        .Select(b => $"{b.Method.DeclaringType!.Name}.{b.Method.Name}"));

    [Theory]
    [MemberData(nameof(Cuda))]
    public void Binding_EntryPoint_HasTheSignatureOfTheLibrary(string name)
    {
        var (method, import) = Bindings.Single(b => $"{b.Method.DeclaringType!.Name}.{b.Method.Name}" == name);

        var expected = CudaAbi.Function(LibraryOf(method, import)!, EntryPoint(method, import));

        var parameters = method.GetParameters();
        Assert.Equal(expected.Parameters.Count, parameters.Length);
        for (var i = 0; i < parameters.Length; i++)
        {
            Assert.True(Fits(parameters[i].ParameterType, expected.Parameters[i]), $"{parameters[i]}: {expected.Parameters[i]}");
        }

        Assert.True(Fits(method.ReturnType, expected.Returns), $"returns {method.ReturnType}: {expected.Returns}");
    }

    [Fact]
    public void Bindings_Scan_FindsThem() =>
        Assert.True(Bindings.Count(b => LibraryOf(b.Method, b.Import) == "driver") > 30, "driver calls were not found");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Emulator_EveryDriverCall_IsExported(bool isChecked)
    {
        var file = SimtLibrary.Candidates(isChecked, Environment.GetEnvironmentVariable).FirstOrDefault(File.Exists);
        Assert.SkipWhen(file is null, "the emulator's library is not built: needs CMake and a C++ compiler");
        var library = NativeLibrary.Load(file!);

        var missing = Bindings
            .Where(b => b.Import.LibraryName == NativeLibraries.Simt || LibraryOf(b.Method, b.Import) == "driver")
            .Select(b => EntryPoint(b.Method, b.Import))
            .Where(entryPoint => !NativeLibrary.TryGetExport(library, entryPoint, out _));

        Assert.Empty(missing);
    }

    [Fact]
    public void LtHeuristicResult_Layout_IsTheLibrarys()
    {
        var (size, offsets) = CudaAbi.Struct("cublasLt", "cublasLtMatmulHeuristicResult_t");
        var result = default(LtHeuristicResult);

        Assert.Equal(size, Unsafe.SizeOf<LtHeuristicResult>());
        Assert.Equal(CudaAbi.Struct("cublasLt", "cublasLtMatmulAlgo_t").Size, Unsafe.SizeOf<LtAlgorithm>());
        Assert.Equal(offsets["algo"], Offset(ref result, ref result.Algorithm));
        Assert.Equal(offsets["workspaceSize"], Offset(ref result, ref result.WorkspaceBytes));
        Assert.Equal(offsets["state"], Offset(ref result, ref result.State));
        Assert.Equal(offsets["wavesCount"], Offset(ref result, ref result.Waves));
    }

    private static int Offset<TStruct, TField>(ref TStruct value, ref TField field) =>
        (int)Unsafe.ByteOffset(ref Unsafe.As<TStruct, byte>(ref value), ref Unsafe.As<TField, byte>(ref field));

    private static string EntryPoint(MethodInfo method, LibraryImportAttribute import) => import.EntryPoint ?? method.Name;

    // The emulator's own functions are its own matter, except its stand-in for NVRTC.
    private static string? LibraryOf(MethodInfo method, LibraryImportAttribute import) => import.LibraryName switch
    {
        "libc" => null,
        NativeLibraries.Simt => method.Name.StartsWith("nvrtc", StringComparison.Ordinal) ? "nvrtc" : null,
        "cublasLt" => "cublasLt",
        var name when name.StartsWith("cublas", StringComparison.Ordinal) => "cublas",
        var name when name.StartsWith("nvrtc", StringComparison.Ordinal) => "nvrtc",
        "nvcuda" => "driver",
        var name => throw new InvalidOperationException($"{method}: unknown library {name}"),
    };

    private static bool Fits(Type type, AbiValue value)
    {
        var isAddress = type.IsByRef || type.IsPointer || type.IsArray || type == typeof(string);
        var isInteger = type == typeof(nint) || type == typeof(nuint);
        return value.Kind switch
        {
            "pointer" => isAddress || isInteger || type == typeof(ManagedCuda.BasicTypes.CUdeviceptr),
            "handle" => !isAddress && Bytes(type) == 8,
            _ => !isAddress && Bytes(type) == value.Bytes,
        };
    }

    private static int Bytes(Type type) => type.IsEnum
        ? Marshal.SizeOf(Enum.GetUnderlyingType(type))
        : Marshal.SizeOf(type);
}
