using Inheritune.Kernels.Gpu;

namespace Inheritune.Kernels.Cuda;

internal sealed unsafe partial class LtMatmul
{
    private const int TimedRuns = 5;

    // Operands of the timing are this program's own: the caller's may be accumulated to.
    private LtAlgorithm Fastest(LtPlan plan, List<LtAlgorithm> candidates)
    {
        var problem = plan.Problem;
        long outputBytes = problem.CountC * problem.Output.SizeBytes();
        long auxBytes = problem.AuxLd * problem.N * problem.Output.SizeBytes();
        long biasBytes = Math.Max(problem.M, problem.N) * 4;
        DeviceMemory[] memory;
        try
        {
            memory =
            [
                .. new[]
                {
                    problem.CountA * problem.Element.SizeBytes(), problem.CountB * problem.Element.SizeBytes(), outputBytes,
                    auxBytes, biasBytes,
                }.Select(_device.Allocate),
            ];
        }
        catch (DeviceException)
        {
            // No room to try: the library's own order.
            return candidates[0];
        }

        try
        {
            foreach (var (block, element) in memory.Zip([problem.Element, problem.Element, problem.Output, problem.Output, problem.Output]))
            {
                FillNormal(block, element);
            }

            using var timer = new GpuTimer(_device);
            var ranked = candidates.Select(candidate => (candidate, TimeMs(plan, candidate, memory, timer)))
                .Where(timed => timed.Item2 is not null)
                .OrderBy(timed => timed.Item2!.Value)
                .Select(timed => timed.candidate)
                .ToArray();
            foreach (var candidate in ranked)
            {
                if (RepeatsItsBits(plan, candidate, memory))
                {
                    return candidate;
                }
            }

            return candidates[0];
        }
        finally
        {
            foreach (var block in memory)
            {
                block.Dispose();
            }
        }
    }

    private double? TimeMs(LtPlan plan, LtAlgorithm algorithm, DeviceMemory[] memory, GpuTimer timer)
    {
        try
        {
            RunOnce(plan, algorithm, memory);
            timer.Start();
            for (var run = 0; run < TimedRuns; run++)
            {
                RunOnce(plan, algorithm, memory);
            }

            timer.Stop();
            return timer.ReadElapsedMs() / TimedRuns;
        }
        catch (DeviceException exception) when (exception.Message.StartsWith("cuBLASLt", StringComparison.Ordinal))
        {
            return null;
        }
    }

    private bool RepeatsItsBits(LtPlan plan, LtAlgorithm algorithm, DeviceMemory[] memory)
    {
        var results = new byte[2][];
        var sampleBytes = (int)Math.Min(memory[2].SizeBytes, 16 << 20);
        for (var run = 0; run < results.Length; run++)
        {
            FillNormal(memory[2], plan.Problem.Output);
            RunOnce(plan, algorithm, memory);
            results[run] = new byte[sampleBytes];
            _device.ReadToHost(results[run], memory[2], 0);
        }

        return results[0].AsSpan().SequenceEqual(results[1]);
    }

    private void RunOnce(LtPlan plan, LtAlgorithm algorithm, DeviceMemory[] memory) =>
        Enqueue(
            plan, algorithm, memory[0].Address, memory[1].Address, memory[2].Address, memory[2].Address,
            plan.Problem.Epilogue is LtEpilogue.None or LtEpilogue.GeluAux or LtEpilogue.GeluBackward ? 0 : memory[4].Address,
            plan.Problem.AuxLd > 0 ? memory[3].Address : 0);

    // A block of random values, repeated: the same in every run.
    private void FillNormal(DeviceMemory memory, DType type)
    {
        const int PatternBytes = 1 << 20;
        var random = new Random(1);
        var pattern = new byte[(int)Math.Min(PatternBytes, memory.SizeBytes)];
        for (var i = 0; i + type.SizeBytes() <= pattern.Length; i += type.SizeBytes())
        {
            var value = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            if (type == DType.BF16)
            {
                BitConverter.TryWriteBytes(pattern.AsSpan(i), (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
            }
            else
            {
                BitConverter.TryWriteBytes(pattern.AsSpan(i), value);
            }
        }

        _device.Upload(memory, 0, pattern);
        for (long done = pattern.Length; done < memory.SizeBytes; done += Math.Min(done, memory.SizeBytes - done))
        {
            _device.CopyBytes(memory.Address + (nint)done, memory.Address, Math.Min(done, memory.SizeBytes - done));
        }
    }
}
