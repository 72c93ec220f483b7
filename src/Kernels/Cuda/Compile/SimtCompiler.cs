using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Inheritune.Kernels.Gpu;

namespace Inheritune.Kernels.Cuda;

/// <summary>The emulator's stand-in for NVRTC: it picks the specialisation that the library was built with.</summary>
internal sealed unsafe class SimtCompiler : KernelCompiler
{
    private static readonly ConcurrentDictionary<KernelProgram, string> Variants = [];

    public override byte[] Compile(in KernelProgram program)
    {
        nint handle = 0;
        Check(
            SimtNative.nvrtcCreateProgram(&handle, KernelSource.Of(program), KernelSource.FileName, 0, null, null), program,
            handle);
        try
        {
            var options = program.Defines.Select(Marshal.StringToCoTaskMemUTF8).ToArray();
            fixed (nint* pointers = options)
            {
                var result = SimtNative.nvrtcCompileProgram(handle, options.Length, (byte**)pointers);
                foreach (var option in options)
                {
                    Marshal.FreeCoTaskMem(option);
                }

                Check(result, program, handle);
            }

            nuint size = 0;
            Check(SimtNative.nvrtcGetCUBINSize(handle, &size), program, handle);
            var image = new byte[size];
            fixed (byte* pointer = image)
            {
                Check(SimtNative.nvrtcGetCUBIN(handle, pointer), program, handle);
            }

            Variants[program] = VariantOf(image);
            return image;
        }
        finally
        {
            _ = SimtNative.nvrtcDestroyProgram(&handle);
        }
    }

    /// <summary>Sizes of a kernel's parameters in bytes, null if the emulator does not know the kernel.</summary>
    public static ushort[]? ArgumentBytes(in KernelProgram program, string kernel)
    {
        var sizes = stackalloc ushort[KernelArguments.MaxCount];
        var variant = Variants.GetValueOrDefault(program, "");
        var count = SimtNative.simt_kernel_args(
            variant.Length > 0 ? $"{variant}/{kernel}" : kernel, sizes, KernelArguments.MaxCount);
        return count < 0 ? null : new ReadOnlySpan<ushort>(sizes, count).ToArray();
    }

    // "SIMT", a hash of eight bytes, the name of the variant.
    private static string VariantOf(byte[] image) => Encoding.UTF8.GetString(image.AsSpan(12)).TrimEnd('\0');

    private static void Check(int result, in KernelProgram program, nint handle)
    {
        if (result == 0)
        {
            return;
        }

        var log = "";
        nuint size = 0;
        if (handle != 0 && SimtNative.nvrtcGetProgramLogSize(handle, &size) == 0 && size > 1)
        {
            var text = new byte[size];
            fixed (byte* pointer = text)
            {
                _ = SimtNative.nvrtcGetProgramLog(handle, pointer);
            }

            log = Encoding.UTF8.GetString(text).TrimEnd('\0', '\n');
        }

        throw new DeviceException(
            $"simt: {program.Name}: the emulator has no such program (result {result}). "
            + (log.Length > 0 ? log : SimtNative.LastError()));
    }
}
