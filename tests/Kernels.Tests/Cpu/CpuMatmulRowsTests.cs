using System.Runtime.InteropServices;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;
using Inheritune.Kernels.Cpu.Gemm;

namespace Kernels.Tests.Cpu;

/// <summary>A row of a product has the same bits alone, among a few and among many: what generation relies on.</summary>
public sealed class CpuMatmulRowsTests
{
    public static TheoryData<int, int, int> Sizes() => new()
    {
        { 70, 13, 1 },
        { 33, 400, 77 },
        { 65, 801, 130 },
        { 20, 1153, 300 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Forward_RowAloneOrAmongOthers_HasTheSameBits(int n, int c, int oc)
    {
        var seed = Random.Shared.Next();
        foreach (var path in Enum.GetValues<GemmPath>().Where(path => path <= GemmPaths.Best))
        {
            foreach (var threads in (int[])[1, 2])
            {
                using var device = new CpuDevice(threads);
                ((CpuOps)device.PlainOps).GemmPath = path;
                var random = new Random(seed);
                var (input, weight, bias) = (Uniform(device, random, n, c), Uniform(device, random, oc, c), Uniform(device, random, oc));
                var expected = Product(device, input, weight, bias);
                foreach (var rows in (int[])[1, 2, 3, 7, 8, 9, 17])
                {
                    for (var first = 0; first + rows <= n; first += rows + 4)
                    {
                        var actual = Product(device, input.Slice(first, rows), weight, bias);
                        Assert.True(
                            MemoryMarshal.AsBytes<float>(actual).SequenceEqual(
                                MemoryMarshal.AsBytes<float>(expected.AsSpan(first * oc, rows * oc))),
                            $"{rows} rows from {first}, {path}, {threads} threads, seed {seed}");
                    }
                }
            }
        }
    }

    private static float[] Product(Device device, Tensor input, Tensor weight, Tensor bias)
    {
        var output = device.AllocateTensor(DType.F32, input.Shape[0], weight.Shape[0]);
        using var memory = output.Memory;
        device.Ops.MatmulForward(output, input, weight, bias, Activation.GeluTanh);
        return output.ToArray();
    }

    private static Tensor Uniform(Device device, Random random, params ReadOnlySpan<long> dimensions)
    {
        var tensor = device.AllocateTensor(DType.F32, dimensions);
        var values = new float[tensor.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = random.NextSingle() * 2 - 1;
        }

        tensor.Upload<float>(values);
        return tensor;
    }
}
