using System.Reflection;
using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Model;

public sealed class MemoryPlanTests
{
    [Theory]
    [MemberData(nameof(TestModels.Names), MemberType = typeof(TestModels))]
    public void Plan_AnyModel_EqualsWhatIsAllocated(string name)
    {
        var config = TestModels.All[name];
        using var device = new CpuDevice(1);
        using var model = new Decoder(device, config);
        foreach (var recompute in Enum.GetValues<Recompute>())
        {
            foreach (var training in new[] { false, true })
            {
                var plan = MemoryPlan.For(config, 3, 7, training, recompute, momentCount: 1);
                using var gradients = new ParameterSet(device, model.Table);
                using var moment = new ParameterSet(device, model.Table);
                using var pass = new DecoderPass(model, 3, 7, training, recompute);
                var sets = new[] { model.Weights, gradients, moment }.Take(training ? 3 : 1).ToArray();
                Assert.Equal(sets.Sum(s => s.Flat.Memory.SizeBytes) + MemoryOf(pass).Sum(m => m.SizeBytes), plan.TotalBytes);
                Assert.Equal(model.Weights.Flat.Memory.SizeBytes, plan.Lines.Single(l => l.Name == "weights").Bytes);
                Assert.All(plan.Lines, line => Assert.True(line.Bytes > 0, line.Name));
            }
        }
    }

    [Fact]
    public void Buffers_AnyModel_DoNotOverlap()
    {
        foreach (var config in TestModels.All.Values)
        {
            var end = 0L;
            foreach (var buffer in ActivationPlan.For(config, 3, 7, training: true).Buffers)
            {
                Assert.Equal(end, buffer.Offset);
                Assert.Equal(0, buffer.Offset % 256);
                Assert.True(buffer.Shape.Count * buffer.DType.SizeBytes() <= buffer.SizeBytes);
                end = buffer.Offset + buffer.SizeBytes;
            }
        }
    }

    [Fact]
    public void Plan_MoreRecompute_NeedsLess()
    {
        long Total(Recompute recompute) => MemoryPlan.For(ModelPresets.Get("gpt2"), 8, 1024, true, recompute).TotalBytes;

        Assert.True(Total(Recompute.Activations) < Total(Recompute.None));
        Assert.True(Total(Recompute.Block) < Total(Recompute.Activations));
    }

    [Fact]
    public void LargestBatch_FreeMemory_IsTheLastThatFits()
    {
        var config = ModelPresets.Get("gpt2");
        var free = 24L << 30;
        var batch = MemoryPlan.LargestBatch(config, 1024, free, training: true, Recompute.Block);
        Assert.InRange(batch, 2, 1000);
        Assert.True(MemoryPlan.For(config, batch, 1024, true, Recompute.Block).TotalBytes <= free);
        Assert.True(MemoryPlan.For(config, batch + 1, 1024, true, Recompute.Block).TotalBytes > free);
        Assert.Equal(0, MemoryPlan.LargestBatch(config, 1024, 1 << 20, training: true));
    }

    [Fact]
    public void ToTable_AnyPlan_HasALinePerItemAndTheTotal()
    {
        var plan = MemoryPlan.For(ModelPresets.Get("gpt2"), 4, 1024, training: true);
        var lines = plan.ToTable().Split(Environment.NewLine);
        Assert.Equal(plan.Lines.Count + 1, lines.Length);
        Assert.Contains(lines, l => l.Contains("gradients", StringComparison.Ordinal) && l.Contains("474.8 MiB", StringComparison.Ordinal));
        Assert.StartsWith("  total", lines[^1], StringComparison.Ordinal);
    }

    /// <summary>Every piece of device memory that a field of the pass holds and that is not the model's.</summary>
    private static IEnumerable<DeviceMemory> MemoryOf(DecoderPass pass)
    {
        var weights = (Tensor)typeof(DecoderPass)
            .GetField("_tokenTable", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(pass)!;
        return typeof(DecoderPass).GetFields(BindingFlags.Instance | BindingFlags.NonPublic)
            .Select(field => field.GetValue(pass) switch
            {
                DeviceMemory memory => memory,
                Tensor tensor => tensor.Memory,
                _ => null,
            })
            .OfType<DeviceMemory>().Where(memory => memory != weights.Memory).Distinct();
    }
}
