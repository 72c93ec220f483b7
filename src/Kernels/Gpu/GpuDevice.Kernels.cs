using Inheritune.Kernels.Cuda;
using ManagedCuda;
using ManagedCuda.BasicTypes;
using Modules = ManagedCuda.DriverAPINativeMethods.ModuleManagement;

namespace Inheritune.Kernels.Gpu;

public sealed partial class GpuDevice
{
    private readonly Dictionary<(string Name, KernelProgram Program), GpuKernel> _kernels = [];
    private readonly Dictionary<KernelProgram, CUmodule> _modules = [];
    private readonly Dictionary<KernelProgram, Task<byte[]>> _compiling = [];
    private readonly KernelCompiler _compiler;
    private GpuKernel? _lastKernel;
    private LaunchShape _lastShape;

    /// <summary>A kernel of a specialisation; compiled and loaded the first time, then a look-up.</summary>
    /// <exception cref="DeviceException">It does not compile, or the program has no such kernel.</exception>
    internal GpuKernel Kernel(string name, in KernelProgram program) =>
        _kernels.TryGetValue((name, program), out var kernel) ? kernel : LoadKernel(name, program);

    /// <inheritdoc/>
    public override void Prepare(DType dtype, int headSize)
    {
        // The emulator's programs are compiled already.
        if (!Properties.IsEmulated)
        {
            var isBf16 = dtype == DType.BF16;
            Prepare(
            [
                new KernelProgram(ProgramKind.Rows, false, 0), new KernelProgram(ProgramKind.Rows, isBf16, 0),
                new KernelProgram(ProgramKind.Gemm, isBf16, 0), new KernelProgram(ProgramKind.Attention, isBf16, headSize),
            ]);
        }
    }

    /// <summary>Begins to compile programs side by side: the first launch of each waits for its own.</summary>
    internal void Prepare(IEnumerable<KernelProgram> programs)
    {
        foreach (var program in programs.Distinct())
        {
            if (!_modules.ContainsKey(program) && !_compiling.ContainsKey(program))
            {
                _compiling.Add(program, Task.Run(() => _compiler.Compile(program)));
            }
        }
    }

    /// <summary>Remembers a launch for the text of a fault that shows later.</summary>
    internal void Launched(GpuKernel kernel, in LaunchShape shape)
    {
        _lastKernel = kernel;
        _lastShape = shape;
    }

    private GpuKernel LoadKernel(string name, KernelProgram program)
    {
        if (!_modules.TryGetValue(program, out var module))
        {
            module = LoadModule(
                program,
                _compiling.Remove(program, out var image) ? image.GetAwaiter().GetResult() : _compiler.Compile(program));
        }

        MakeCurrent();
        var function = default(CUfunction);
        var result = Modules.cuModuleGetFunction(ref function, module, name);
        if (result != CUResult.Success)
        {
            throw new DeviceException(
                $"{name}: kernels.cu compiled as {program.Name} has no such kernel: {CudaErrors.Describe(result)}.");
        }

        var kernel = new GpuKernel(this, name, program, function);
        _kernels.Add((name, program), kernel);
        return kernel;
    }

    private CUmodule LoadModule(in KernelProgram program, byte[] image)
    {
        MakeCurrent();
        var module = default(CUmodule);
        var result = Modules.cuModuleLoadData(ref module, image);
        if (result != CUResult.Success)
        {
            CudaErrors.Throw(result, $"{Name}: loading {program.Name}");
        }

        _modules.Add(program, module);
        return module;
    }
}
