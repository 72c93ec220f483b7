using System.Text.Json;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Training;

/// <summary>The distillation loss and its gradient against numbers of PyTorch in double precision.</summary>
public sealed class DistillationGoldenTests
{
    [Fact]
    public void Distillation_GoldenCases_GiveLossesAndGradients()
    {
        foreach (var file in TrainingFixtures.Files("training/distillation.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            Assert.NotEqual(0, json.RootElement.GetArrayLength());
            foreach (var golden in json.RootElement.EnumerateArray())
            {
                Check(golden);
            }
        }
    }

    private static void Check(JsonElement golden)
    {
        var (alpha, positions) = (golden.GetProperty("alpha").GetDouble(), golden.GetProperty("positions").GetInt32());
        var columns = golden.GetProperty("rows").GetInt32();
        var targets = Flat(golden.GetProperty("targets")).Select(value => (int)value).ToArray();
        var n = targets.Length;
        using var device = new CpuDevice(2);
        var (losses, divergences) = (device.AllocateTensor(DType.F32, n), device.AllocateTensor(DType.F32, n));
        var (logits, teacher) = (
            device.AllocateTensor(DType.F32, n, columns), device.AllocateTensor(DType.F32, n, columns));
        var ids = device.AllocateTensor(DType.I32, n);
        logits.Upload<float>(Floats(golden.GetProperty("student")));
        teacher.Upload<float>(Floats(golden.GetProperty("teacher")));
        ids.Upload<int>(targets);
        device.Ops.DistillationForwardBackward(losses, divergences, logits, teacher, ids, new DistillationTerms(
            golden.GetProperty("temperature").GetDouble(), alpha, 1.0 / positions,
            golden.GetProperty("vocab").GetInt64()));

        var crossEntropy = losses.ToArray().Sum(value => (double)value) / positions;
        var divergence = divergences.ToArray().Sum(value => (double)value) / positions;
        var (hard, soft) = (
            golden.GetProperty("cross_entropy").GetDouble(), golden.GetProperty("distillation").GetDouble());
        Assert.Equal(hard, crossEntropy, 2e-6 * hard);
        Assert.Equal(soft, divergence, 2e-6 * soft);
        var loss = golden.GetProperty("loss").GetDouble();
        Assert.Equal(loss, (1 - alpha) * crossEntropy + alpha * divergence, 2e-6 * loss);
        var (expected, actual) = (Flat(golden.GetProperty("gradient")), logits.ToArray());
        var difference = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum());
        Assert.InRange(difference, 0, 1e-4 * Math.Sqrt(expected.Sum(e => e * e)) + 1e-6);
        foreach (var tensor in (Tensor[])[losses, divergences, logits, teacher, ids])
        {
            tensor.Memory.Dispose();
        }
    }

    private static float[] Floats(JsonElement nested) => Array.ConvertAll(Flat(nested), value => (float)value);

    private static double[] Flat(JsonElement nested) => nested.ValueKind == JsonValueKind.Array
        ? [.. nested.EnumerateArray().SelectMany(Flat)]
        : [nested.GetDouble()];
}
