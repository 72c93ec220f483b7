using Inheritune.Kernels;
using Inheritune.Kernels.Cuda;
using Inheritune.Kernels.Gpu;
using Kernels.Tests.Gpu;

namespace Kernels.Tests.Cuda;

[Collection("cuda")]
public sealed class LtMatmulTests
{
    [Fact]
    public void Algorithm_AsText_ComesBack()
    {
        var algorithm = default(LtAlgorithm);
        for (var i = 0; i < 8; i++)
        {
            algorithm[i] = (ulong)Random.Shared.NextInt64();
        }

        Assert.Equal(LtMatmul.ToHex(algorithm), LtMatmul.ToHex(LtMatmul.FromHex(LtMatmul.ToHex(algorithm))));
        Assert.Throws<FormatException>(() => LtMatmul.FromHex("00"));
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Run_RowMajorProduct_MatchesTheSums(DType element)
    {
        using var device = (GpuDevice)GpuTests.OpenCuda();
        Assert.SkipUnless(LtMatmul.TryCreate(device, out var matmul, out var note), note);
        using (matmul)
        {
            // Y[n, o] = X[n, i] W[o, i]: small integers are exact in every type.
            const int Rows = 40, Inputs = 64, Outputs = 24;
            var random = new Random(5);
            var x = Enumerable.Range(0, Rows * Inputs).Select(_ => (float)random.Next(-3, 4)).ToArray();
            var w = Enumerable.Range(0, Outputs * Inputs).Select(_ => (float)random.Next(-3, 4)).ToArray();
            var input = Upload(device, x, element);
            var weight = Upload(device, w, element);
            using var output = device.Allocate(Rows * Outputs * 4);

            matmul.Run(
                new LtProblem(Outputs, Rows, Inputs, true, false, Inputs, Inputs, Outputs, element, DType.F32),
                weight.Address, input.Address, output.Address, output.Address);

            var actual = new float[Rows * Outputs];
            new Tensor(output, 0, new Shape(Rows, Outputs), DType.F32).ReadToHost<float>(actual);
            for (var n = 0; n < Rows; n++)
            {
                for (var o = 0; o < Outputs; o++)
                {
                    var expected = Enumerable.Range(0, Inputs).Sum(i => x[n * Inputs + i] * w[o * Inputs + i]);
                    Assert.Equal(expected, actual[n * Outputs + o]);
                }
            }

            Assert.True(matmul.TryImportChoices(matmul.ExportChoices()));
            Assert.False(matmul.TryImportChoices("{}"));
        }
    }

    private static DeviceMemory Upload(GpuDevice device, float[] values, DType element)
    {
        var memory = device.Allocate(values.Length * element.SizeBytes());
        var bytes = new byte[memory.SizeBytes];
        for (var i = 0; i < values.Length; i++)
        {
            if (element == DType.BF16)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(2 * i), (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16));
            }
            else
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(4 * i), values[i]);
            }
        }

        device.Upload(memory, 0, bytes);
        return memory;
    }
}
