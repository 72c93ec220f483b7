using Inheritune.Engine.Model;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Model;

/// <summary>Counts what all threads of the process allocate: runs while no other test does.</summary>
[CollectionDefinition(nameof(DecoderAllocationTests), DisableParallelization = true)]
[Collection(nameof(DecoderAllocationTests))]
public sealed class DecoderAllocationTests
{
    [Theory]
    [InlineData("gpt2", Recompute.None)]
    [InlineData("gpt2", Recompute.Block)]
    [InlineData("llama", Recompute.Activations)]
    [InlineData("alibi", Recompute.None)]
    [InlineData("gated-parallel", Recompute.Block)]
    [InlineData("wide", Recompute.None)]
    public void ForwardBackward_WarmedUp_AllocatesNothing(string name, Recompute recompute)
    {
        const int B = 3, T = 9, Steps = 10;
        var config = name == "wide" ? TestModels.Wide : TestModels.All[name];
        using var device = new CpuDevice(2);
        using var model = TestModels.Create(device, config, 1);
        using var gradients = new ParameterSet(device, model.Table);
        using var pass = new DecoderPass(model, B, T, training: true, recompute);
        var (tokens, targets) = TestModels.Batch(config, B, T, 1);

        // The test runner may allocate once in a while on a thread of its own: the smallest of some tries counts.
        var smallest = long.MaxValue;
        for (var attempt = 0; attempt < 6; attempt++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < Steps; i++)
            {
                pass.ForwardBackward(tokens, targets, gradients, accumulate: i > 0, 1);
                pass.ReadLoss();
            }

            smallest = Math.Min(smallest, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, smallest);
    }
}
