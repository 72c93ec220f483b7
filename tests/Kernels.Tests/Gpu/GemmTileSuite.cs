using Inheritune.Kernels;
using Inheritune.Kernels.Gpu;
using Kernels.Tests.Reference;

namespace Kernels.Tests.Gpu;

/// <summary>Each tile of the matrix products, whatever a plan would take: tails on all sides, sums of several tiles.</summary>
public abstract class GemmTileSuite : DeviceSuite
{
    public static TheoryData<DType, string, int, int, int> Products()
    {
        var data = new TheoryData<DType, string, int, int, int>();
        foreach (var dtype in (DType[])[DType.F32, DType.BF16])
        {
            foreach (var tile in Enum.GetNames<GemmTile>())
            {
                data.Add(dtype, tile, 139, 168, 136);
                data.Add(dtype, tile, 1, 8, 264);
            }

            data.Add(dtype, nameof(GemmTile.Large), 520, 128, 24);
            data.Add(dtype, nameof(GemmTile.Small), 1030, 40, 24);
            data.Add(dtype, nameof(GemmTile.Any), 1031, 37, 21);
            data.Add(dtype, nameof(GemmTile.Any), 70, 131, 67);
        }

        // The ring of stages goes round.
        data.Add(DType.BF16, nameof(GemmTile.Warpgroups), 392, 392, 456);
        data.Add(DType.BF16, nameof(GemmTile.WideWarpgroups), 392, 392, 456);
        return data;
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void Matmul_EveryTile_MatchesReference(DType dtype, string tileName, int n, int c, int oc)
    {
        var tile = Enum.Parse<GemmTile>(tileName);
        var (x, w, b, dy) = (Values(dtype, n * c), Values(dtype, oc * c), Values(dtype, oc), Values(dtype, n * oc));
        var (z, dw) = (Values(dtype, n * c), Values(dtype, oc * c));
        var (output, saved, dInput) = (Poisoned(dtype, n, oc), Poisoned(dtype, n, oc), Poisoned(dtype, n, c));
        var (dWeight, dBias) = (Make(dtype, dw, oc, c), Make(dtype, b, oc));
        var (input, dOutput, weight) = (Put(dtype, tile, x, n, c), Put(dtype, tile, dy, n, oc), Make(dtype, w, oc, c));
        ((GpuOps)Device.PlainOps).WantedTile = tile;

        Ops.MatmulForward(output, input, weight, Make(dtype, b, oc), Activation.GeluTanh, saved);
        Ops.MatmulBackwardInput(dInput, dOutput, weight, Activation.Silu, Make(dtype, z, n, c));
        Ops.MatmulBackwardWeight(dWeight, dBias, dOutput, input, accumulate: true);

        var (dxD, dwD, dbD) = (dy.Doubles(), dw.Doubles(), b.Doubles());
        var (y, pre) = MatmulReference.Forward(x.Doubles(), w.Doubles(), dbD, n, c, oc, Activation.GeluTanh);
        var (naiveY, naivePre) = MatmulReference.Forward(x, w, b, n, c, oc, Activation.GeluTanh);
        Close("y", dtype, output, y, naiveY);
        Close("z", dtype, saved, pre, naivePre);
        Close(
            "dx", dtype, dInput,
            MatmulReference.BackwardInput(dxD, w.Doubles(), z.Doubles(), null, n, c, oc, Activation.Silu),
            MatmulReference.BackwardInput(dy, w, z, null, n, c, oc, Activation.Silu));
        Close(
            "dW", dtype, dWeight, MatmulReference.BackwardWeight(dxD, x.Doubles(), dwD, n, c, oc),
            MatmulReference.BackwardWeight(dy, x, dw, n, c, oc));
        Close(
            "db", dtype, dBias, MatmulReference.BackwardBias(dxD, dbD, n, oc),
            MatmulReference.BackwardBias(dy, b, n, oc));
    }

    [Fact]
    public void Matmul_EveryTileRepeated_AllocatesNothing()
    {
        var (x, w, dy) = (Poisoned(DType.BF16, 1024, 16), Poisoned(DType.BF16, 8, 16), Poisoned(DType.BF16, 1024, 8));
        foreach (var tile in Enum.GetValues<GemmTile>())
        {
            ((GpuOps)Device.PlainOps).WantedTile = tile;
            RequireNoAllocation(() =>
            {
                Ops.MatmulForward(dy, x, w);
                Ops.MatmulBackwardWeight(w, null, dy, x, accumulate: true);
                Device.Synchronize();
            });
        }
    }

    private static void Close(string what, DType dtype, Tensor actual, double[] reference, float[] naive) =>
        Compare.Close(what, actual.Floats(), reference, Bf16.Rounded(dtype, naive));

    private float[] Values(DType dtype, long count) => Bf16.Rounded(dtype, NormalValues(count));

    // Operands of the guarded kernels start one element behind an aligned address.
    private Tensor Put(DType dtype, GemmTile tile, float[] values, long rows, long columns)
    {
        if (tile != GemmTile.Any)
        {
            return Make(dtype, values, rows, columns);
        }

        var whole = Make(dtype, [0, .. values], rows * columns + 1);
        return whole.Slice(1, rows * columns).View(rows, columns);
    }
}

[Collection("simt")]
public sealed class SimtGemmTileTests : GemmTileSuite
{
    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Matmul_AnySchedule_SameBits(DType dtype)
    {
        const int N = 136, C = 392, OC = 72;
        var (x, w, dy) = (NormalValues(N * C), NormalValues(OC * C), NormalValues(N * OC));
        foreach (var tile in Enum.GetValues<GemmTile>())
        {
            float[][]? expected = null;
            foreach (var schedule in SimtSchedule.All(Seed))
            {
                Device.Synchronize();
                schedule.Apply();
                ((GpuOps)Device.PlainOps).WantedTile = tile;
                var (input, weight, dOutput) = (Make(dtype, x, N, C), Make(dtype, w, OC, C), Make(dtype, dy, N, OC));
                var (output, dInput) = (Poisoned(dtype, N, OC), Poisoned(dtype, N, C));
                var (dWeight, dBias) = (Poisoned(dtype, OC, C), Poisoned(dtype, OC));
                Ops.MatmulForward(output, input, weight, null, Activation.GeluErf);
                Ops.MatmulBackwardInput(dInput, dOutput, weight);
                Ops.MatmulBackwardWeight(dWeight, dBias, dOutput, input, accumulate: false);
                float[][] actual = [output.Floats(), dInput.Floats(), dWeight.Floats(), dBias.Floats()];
                expected ??= actual;
                for (var i = 0; i < actual.Length; i++)
                {
                    Assert.True(actual[i].AsSpan().SequenceEqual(expected[i]), $"{tile}, {schedule.Name}: result {i} differs");
                }
            }
        }
    }

    [Fact]
    public void Matmul_DimensionBeyondTheKernels_IsNamed()
    {
        const long Many = 3_000_000_000;
        RequireError(
            "MatmulBackwardWeight: a dimension of 3000000000 x 0 x 0: expected at most 2147483391. Lower the batch.",
            () => Ops.MatmulBackwardWeight(
                Guarded(DType.F32, Many, 0), null, Guarded(DType.F32, 0, Many), Guarded(DType.F32, 0, 0), false));
    }

    [Fact]
    public void Library_AskedForOnTheEmulator_IsAnError()
    {
        ((GpuOps)Device.PlainOps).GemmChoice = GemmChoice.CublasLt;
        var (output, input, weight) = (Make(new float[16], 4, 4), Make(new float[16], 4, 4), Make(new float[16], 4, 4));

        var error = Assert.Throws<DeviceException>(() => Ops.MatmulForward(output, input, weight));

        Assert.Equal($"INHERITUNE_GEMM: cublaslt on {Device.Name}: cuBLASLt: not on the emulator", error.Message);
    }

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

public sealed class CudaGemmTileTests : GemmTileSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}
