using System.Diagnostics.CodeAnalysis;
using Inheritune.Kernels.Cuda;
using ManagedCuda;
using ManagedCuda.BasicTypes;

namespace Inheritune.Kernels.Gpu;

/// <summary>One kernel of a compiled program, ready to launch on its device's stream.</summary>
internal sealed unsafe class GpuKernel
{
    private const int SharedWithoutOptIn = 48 * 1024;
    private readonly GpuDevice _device;
    private readonly CUfunction _function;
    private readonly ushort[]? _argumentBytes;
    private int _sharedLimit = SharedWithoutOptIn;

    internal GpuKernel(GpuDevice device, string name, KernelProgram program, CUfunction function)
    {
        _device = device;
        _function = function;
        Name = name;
        Program = program;
        _argumentBytes = device.Properties.IsEmulated ? SimtCompiler.ArgumentBytes(program, name) : null;
    }

    /// <summary>Name in kernels.cu.</summary>
    public string Name { get; }

    /// <summary>The specialisation it belongs to.</summary>
    public KernelProgram Program { get; }

    /// <summary>Enqueues the kernel. Raises the limit of dynamic shared memory above 48 KiB the first time.</summary>
    /// <exception cref="DeviceException">The driver refused the launch; the message names kernel, grid, block and
    /// shared bytes.</exception>
    public void Launch(in LaunchShape shape, ref KernelArguments arguments)
    {
        _device.MakeCurrent();
        if (shape.SharedBytes > _sharedLimit)
        {
            RaiseSharedLimit(shape);
        }

        if (_argumentBytes is not null)
        {
            RequireArguments(arguments);
        }

        if (shape.GridX is < 1 or > int.MaxValue)
        {
            Throw(CUResult.ErrorInvalidValue, shape);
        }

        // The driver copies the arguments before it returns, so the caller's stack will do.
        var pointers = stackalloc void*[KernelArguments.MaxCount];
        arguments.WritePointers(pointers, KernelArguments.BytesOf(ref arguments));
        var result = CudaLaunch.cuLaunchKernel(
            _function.Pointer, (uint)shape.GridX, (uint)shape.GridY, (uint)shape.GridZ, (uint)shape.BlockX, 1, 1,
            (uint)shape.SharedBytes, _device.Stream, pointers, null);
        if (result != CUResult.Success)
        {
            Throw(result, shape);
        }

        _device.Launched(this, shape);
    }

    /// <summary>Blocks of a shape that one multiprocessor runs at a time.</summary>
    public int BlocksPerMultiprocessor(int blockX, int sharedBytes)
    {
        _device.MakeCurrent();
        if (sharedBytes > _sharedLimit)
        {
            RaiseSharedLimit(new LaunchShape(1, blockX, sharedBytes));
        }

        var blocks = 0;
        CudaErrors.Check(
            DriverAPINativeMethods.Occupancy.cuOccupancyMaxActiveBlocksPerMultiprocessor(
                ref blocks, _function, blockX, sharedBytes),
            Name);
        return blocks;
    }

    private void RaiseSharedLimit(in LaunchShape shape)
    {
        var result = DriverAPINativeMethods.FunctionManagement.cuFuncSetAttribute(
            _function, CUFunctionAttribute.MaxDynamicSharedSizeBytes, shape.SharedBytes);
        if (result != CUResult.Success)
        {
            Throw(result, shape);
        }

        _sharedLimit = shape.SharedBytes;
    }

    // A GPU reads whatever lies where an argument should be: the emulator knows the kernel's declaration.
    private void RequireArguments(in KernelArguments arguments)
    {
        var agrees = arguments.Count == _argumentBytes!.Length;
        for (var i = 0; agrees && i < arguments.Count; i++)
        {
            agrees = arguments.SizeOf(i) == _argumentBytes[i];
        }

        if (!agrees)
        {
            ThrowArguments(arguments);
        }
    }

    [DoesNotReturn]
    private void ThrowArguments(in KernelArguments arguments)
    {
        var passed = new int[arguments.Count];
        for (var i = 0; i < passed.Length; i++)
        {
            passed[i] = arguments.SizeOf(i);
        }

        throw new DeviceException(
            $"{Name}: arguments: expected sizes {string.Join(' ', _argumentBytes!)} as kernels.cu declares, got "
            + $"{string.Join(' ', passed)}. The launcher and the kernel do not belong together.");
    }

    [DoesNotReturn]
    private void Throw(CUResult result, in LaunchShape shape)
    {
        var operation = $"{Name} ({Program.Name}) {shape.ToText()} on {_device.Name}";
        if (CudaErrors.IsKernelFault(result))
        {
            CudaErrors.ThrowFault(result, operation, null, shape);
        }

        CudaErrors.Throw(result, operation);
    }
}
