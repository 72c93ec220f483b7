using Inheritune.Bench;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Data;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

const string Usage = """
    usage: dotnet run -c Release --project bench -- <mode> [options]

      step     one training step of a model: tokens/s, time by operation, memory, allocations
               --model gpt2 --batch 4 --seq 64 [--steps 5] [--threads 0] [--recompute none|activations|block]
               [--device cpu] [--precision f32|mixed|bf16] [--no-ops] [--json]
      compare  the same step here and in PyTorch, in turns
               --model gpt2 --batch 4 --seq 64 [--steps 3] [--rounds 3] [--threads 0] [--json]
      gemm     the matrix product against OpenBLAS on the shapes of GPT-2 124M
      ops      every operation: GFLOP/s or GB/s and its share of the peak measured in the same run
               [--device cpu] [--precision f32|bf16] [--batch 1] [--tokens 256,1024] [--filter TEXT] [--json FILE]
      losses   losses of a training from given weights and tokens, for bench/peers/losses_torch.py
               --init FOLDER --tokens SHARD [--batch 4] [--seq 1024] [--steps 200] [--device cpu] [--precision f32]
               [--out FILE]; --make-init [--model gpt2] writes the weights first
      tokenizer  encoding in MB/s beside tokenizers of the npm registry on the same text
               [--text FILE] [--tokenizer FILE or folder] [--mb 20] [--rounds 3] [--no-peer]
      prepare  reading and preparing text, MB/s: JSON lines, gzip, and Parquet beside DuckDB where npm has put it
               [--megabytes 64] [--rounds 3] [--threads 0] [--node-modules DIR] [--keep FOLDER]
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
        case "losses": return LossesBench.Run(options);
        case "tokenizer": return TokenizerBench.Run(options);
        case "prepare": return PrepareBench.Run(options);
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
catch (Exception exception) when (
    exception is DeviceException or IOException or TokenFileException or CheckpointException or ModelException)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
