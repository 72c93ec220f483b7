using System.Runtime.InteropServices;

namespace Inheritune.Bench.Blas;

/// <summary>
/// OpenBLAS, a tuned library for the same product; found where the system's package puts it.
/// </summary>
internal static unsafe class OpenBlas
{
    private static readonly nint Library = Load();
    private static readonly delegate* unmanaged[Cdecl]<
        int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void> Product =
        (delegate* unmanaged[Cdecl]<
            int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int,
                void>)Symbol("cblas_sgemm");

    /// <summary>Whether the library is installed.</summary>
    public static bool IsPresent => Product is not null;

    /// <summary>Version, processor core and build as the library tells them.</summary>
    public static string Description
    {
        get
        {
            var config = (delegate* unmanaged[Cdecl]<nint>)Symbol("openblas_get_config");
            return config is null ? "absent" : Marshal.PtrToStringUTF8(config()) ?? "unknown";
        }
    }

    /// <summary>Sets how many threads the library uses.</summary>
    public static void SetThreads(int count)
    {
        var set = (delegate* unmanaged[Cdecl]<int, void>)Symbol("openblas_set_num_threads");
        if (set is not null)
        {
            set(count);
        }
    }

    /// <summary>C (m, n) = op(A) (m, k) · op(B) (k, n), all row-major.</summary>
    public static void Sgemm(
        bool transposeA, bool transposeB, int m, int n, int k, nint a, int lda, nint b, int ldb, nint c,
        int ldc)
    {
        const int RowMajor = 101, Plain = 111, Transposed = 112;
        Product(
            RowMajor, transposeA ? Transposed : Plain, transposeB ? Transposed : Plain, m, n, k, 1,
            (float*)a, lda,
            (float*)b, ldb, 0, (float*)c, ldc);
    }

    private static nint Load()
    {
        foreach (var name in (string[])["libopenblas.so.0", "libopenblas.so", "libopenblas.dylib",
            "libopenblas.dll"])
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                return library;
            }
        }

        return 0;
    }

    private static nint Symbol(string name) =>
        Library != 0 && NativeLibrary.TryGetExport(Library, name, out var symbol) ? symbol : 0;
}
