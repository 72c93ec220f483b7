using System.Runtime.InteropServices;

namespace Inheritune.Engine.Data.Codecs;

/// <summary>The system's libzstd, found by name when it is first needed.</summary>
internal sealed class ZstdLibrary
{
    private const int WindowLogMax = 100, LargestWindowLog = 27;

    private static readonly string[] Names =
        ["libzstd.so.1", "libzstd.1.dylib", "libzstd.dll", "zstd", "/opt/homebrew/lib/libzstd.1.dylib"];

    private static readonly Lazy<ZstdLibrary?> Found = new(Load);

    private readonly CreateFunction _create;
    private readonly FreeFunction _free;
    private readonly SetParameterFunction _setParameter;
    private readonly DecompressFunction _decompress;
    private readonly IsErrorFunction _isError;
    private readonly ErrorNameFunction _errorName;

    private ZstdLibrary(nint library)
    {
        _create = Function<CreateFunction>(library, "ZSTD_createDCtx");
        _free = Function<FreeFunction>(library, "ZSTD_freeDCtx");
        _setParameter = Function<SetParameterFunction>(library, "ZSTD_DCtx_setParameter");
        _decompress = Function<DecompressFunction>(library, "ZSTD_decompressStream");
        _isError = Function<IsErrorFunction>(library, "ZSTD_isError");
        _errorName = Function<ErrorNameFunction>(library, "ZSTD_getErrorName");
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint CreateFunction();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nuint FreeFunction(nint context);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nuint SetParameterFunction(nint context, int parameter, int value);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nuint DecompressFunction(nint context, ref ZstdBuffer output, ref ZstdBuffer input);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate uint IsErrorFunction(nuint code);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint ErrorNameFunction(nuint code);

    /// <summary>Whether the library is installed.</summary>
    public static bool IsAvailable => Found.Value is not null;

    /// <summary>The library.</summary>
    /// <exception cref="DecompressException">It is not installed; the text says which package brings it.</exception>
    public static ZstdLibrary Get() => Found.Value ?? throw new DecompressException(
        "zstd: the library libzstd is not installed. Install libzstd1 (Debian, Ubuntu), libzstd (Fedora, Alpine), "
        + "zstd (macOS: brew install zstd) or put libzstd.dll beside the program, or unpack the file first");

    /// <summary>A context that refuses windows above 128 MiB.</summary>
    public nint Create()
    {
        nint context = _create();
        if (context == 0 || _isError(_setParameter(context, WindowLogMax, LargestWindowLog)) != 0)
        {
            throw new DecompressException("zstd: libzstd could not be started");
        }
        return context;
    }

    /// <summary>Frees a context.</summary>
    public void Free(nint context) => _free(context);

    /// <summary>Unpacks as much as fits; 0 means that a frame has ended.</summary>
    /// <exception cref="DecompressException">The data is damaged.</exception>
    public nuint Decompress(nint context, ref ZstdBuffer output, ref ZstdBuffer input)
    {
        nuint code = _decompress(context, ref output, ref input);
        return _isError(code) == 0
            ? code
            : throw new DecompressException($"zstd: {Marshal.PtrToStringUTF8(_errorName(code))}");
    }

    private static ZstdLibrary? Load()
    {
        foreach (string name in Names)
        {
            if (NativeLibrary.TryLoad(name, typeof(ZstdLibrary).Assembly, null, out nint library))
            {
                return new ZstdLibrary(library);
            }
        }
        return null;
    }

    private static TFunction Function<TFunction>(nint library, string name)
        where TFunction : Delegate =>
        Marshal.GetDelegateForFunctionPointer<TFunction>(NativeLibrary.GetExport(library, name));
}
