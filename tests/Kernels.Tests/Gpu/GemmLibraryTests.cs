using Inheritune.Kernels;
using Inheritune.Kernels.Cuda;
using Inheritune.Kernels.Gpu;

namespace Kernels.Tests.Gpu;

public sealed class GemmLibraryTests
{
    // Rows of A and B as stored lie inside the operands, and the product of the column-major views is the one meant.
    [Fact]
    public void ProblemOf_EveryForm_DescribesTheRowMajorOperands()
    {
        const int M = 3, N = 5, K = 7;
        var random = new Random(1);
        foreach (var form in Enum.GetValues<GemmForm>())
        {
            var (a, b) = (Values(M * K), Values(N * K));
            var problem = GpuOps.ProblemOf(form, DType.F32, M, N, K);
            Assert.Equal((N * K, M * K, M * N), (problem.CountA, problem.CountB, problem.CountC));
            for (var row = 0; row < M; row++)
            {
                for (var column = 0; column < N; column++)
                {
                    double expected = 0, actual = 0;
                    for (var k = 0; k < K; k++)
                    {
                        expected += a[form == GemmForm.WeightGradient ? k * M + row : row * K + k]
                            * b[form == GemmForm.Forward ? column * K + k : k * N + column];

                        // The library's A is our B: op(A) is (N, K), op(B) is (K, M), both column-major.
                        actual += b[problem.TransA ? k + column * problem.Lda : column + k * problem.Lda]
                            * a[problem.TransB ? row + k * problem.Ldb : k + row * problem.Ldb];
                    }

                    Assert.Equal(expected, actual, 1e-12);
                }
            }
        }

        double[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
    }

    [Fact]
    public void ProblemOf_Epilogues_HaveAuxRowsOnlyWhereTheyAreUsed()
    {
        Assert.Equal(0, GpuOps.ProblemOf(GemmForm.Forward, DType.BF16, 64, 96, 32, LtEpilogue.Bias).AuxLd);
        Assert.Equal(96, GpuOps.ProblemOf(GemmForm.Forward, DType.BF16, 64, 96, 32, LtEpilogue.GeluAuxBias).AuxLd);
        Assert.True(GpuOps.ProblemOf(GemmForm.WeightGradient, DType.BF16, 64, 96, 32, accumulate: true).Accumulate);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("auto", 0)]
    [InlineData("own", 1)]
    [InlineData("cublaslt", 2)]
    public void Parse_KnownWords_AreTheChoices(string? text, int choice) =>
        Assert.Equal((GemmChoice)choice, GemmChoices.Parse(text));

    [Fact]
    public void Parse_OtherWord_IsNamed()
    {
        var error = Assert.Throws<DeviceException>(() => GemmChoices.Parse("cublas"));
        Assert.Equal("--gemm or INHERITUNE_GEMM: 'cublas': expected auto, own or cublaslt.", error.Message);
    }
}
