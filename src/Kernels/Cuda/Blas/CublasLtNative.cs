using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cuda;

/// <summary>cuBLASLt, which ManagedCuda does not have. Descriptors are made by the library, never on a C# stack.</summary>
internal static unsafe partial class CublasLtNative
{
    private const string Library = "cublasLt";

    [LibraryImport(Library)]
    public static partial nuint cublasLtGetVersion();

    [LibraryImport(Library)]
    public static partial int cublasLtCreate(nint* handle);

    [LibraryImport(Library)]
    public static partial int cublasLtDestroy(nint handle);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulDescCreate(nint* descriptor, int computeType, int scaleType);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulDescDestroy(nint descriptor);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulDescSetAttribute(
        nint descriptor, LtDescriptorAttribute attribute, void* value, nuint sizeBytes);

    [LibraryImport(Library)]
    public static partial int cublasLtMatrixLayoutCreate(nint* layout, int type, ulong rows, ulong columns, long ld);

    [LibraryImport(Library)]
    public static partial int cublasLtMatrixLayoutDestroy(nint layout);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulPreferenceCreate(nint* preference);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulPreferenceDestroy(nint preference);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulPreferenceSetAttribute(
        nint preference, LtPreferenceAttribute attribute, void* value, nuint sizeBytes);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulAlgoGetHeuristic(
        nint handle, nint descriptor, nint a, nint b, nint c, nint d, nint preference, int requested,
        LtHeuristicResult* results, int* count);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulAlgoCheck(
        nint handle, nint descriptor, nint a, nint b, nint c, nint d, LtAlgorithm* algorithm, LtHeuristicResult* result);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmul(
        nint handle, nint descriptor, void* alpha, nint a, nint aLayout, nint b, nint bLayout, void* beta, nint c,
        nint cLayout, nint d, nint dLayout, LtAlgorithm* algorithm, nint workspace, nuint workspaceBytes, nint stream);

    /// <summary>Sets an attribute. The value is as wide as the attribute.</summary>
    public static void Set<TValue>(nint descriptor, LtDescriptorAttribute attribute, TValue value)
        where TValue : unmanaged
    {
        RequireBytes(attribute.Bytes(), sizeof(TValue));
        Check(cublasLtMatmulDescSetAttribute(descriptor, attribute, &value, (nuint)sizeof(TValue)));
    }

    /// <summary>Sets a preference. The value is as wide as the attribute.</summary>
    public static void Set<TValue>(nint preference, LtPreferenceAttribute attribute, TValue value)
        where TValue : unmanaged
    {
        RequireBytes(attribute.Bytes(), sizeof(TValue));
        Check(cublasLtMatmulPreferenceSetAttribute(preference, attribute, &value, (nuint)sizeof(TValue)));
    }

    private static void RequireBytes(int expected, int actual)
    {
        if (expected != actual)
        {
            throw new UnreachableException($"An attribute of {expected} bytes was given {actual}.");
        }
    }

    /// <summary>Throws unless the call succeeded.</summary>
    public static void Check(int status, [CallerArgumentExpression(nameof(status))] string operation = "")
    {
        if (status != 0)
        {
            throw new DeviceException($"cuBLASLt: {operation.Split('(')[0]}: status {status} ({Name(status)}).");
        }
    }

    private static string Name(int status) => status switch
    {
        1 => "not initialised: no driver or no GPU",
        3 => "out of memory",
        7 => "invalid value",
        8 => "not for this GPU",
        13 => "execution failed",
        15 => "not supported",
        _ => "internal error",
    };
}
