using Inheritune.Bench;

const string Usage = """
    usage: dotnet run -c Release --project bench -- <mode> [options]

      step     one training step of a model: tokens/s, time by operation, memory, allocations
               --model gpt2 --batch 4 --seq 64 [--steps 5] [--threads 0] [--recompute none|activations|block] [--json]
      compare  the same step here and in PyTorch, in turns
               --model gpt2 --batch 4 --seq 64 [--steps 3] [--rounds 3] [--threads 0] [--json]
      gemm     the matrix product against OpenBLAS on the shapes of GPT-2 124M
      ops      every operation: GFLOP/s or GB/s and its share of this machine's measured peak
      bdn      the same rows in BenchmarkDotNet; further arguments are its own, as in --filter '*Norm*'
    """;

if (args.Length == 0 || args[0] is "-h" or "--help")
{
    Console.WriteLine(Usage);
    return args.Length == 0 ? 2 : 0;
}

try
{
    var options = args[1..];
    switch (args[0])
    {
        case "step": return StepBench.Run(options);
        case "compare": return PeerBench.Run(options);
        case "gemm": return GemmBench.Run(options);
        case "ops": return OpsTable.Run(options);
        case "bdn":
            BenchmarkDotNet.Running.BenchmarkSwitcher.FromTypes([typeof(OpsBench)]).Run(options);
            return 0;
        default:
            Console.Error.WriteLine($"{args[0]}: unknown mode.{Environment.NewLine}{Usage}");
            return 2;
    }
}
catch (ArgumentException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}
