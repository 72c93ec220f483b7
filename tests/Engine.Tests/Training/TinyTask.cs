using Inheritune.Engine.Data;
using Inheritune.Engine.Model;
using Inheritune.Engine.Training;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Training;

/// <summary>
/// A model of a few thousand parameters and text that it can learn: steps of +1, +2 or +3 along a circle of
/// ids.
/// </summary>
internal sealed class TinyTask : IDisposable
{
    public const int V = 29;

    private readonly List<IDisposable> _owned = [];

    public TinyTask(int tokens = 4000, int threads = 1)
    {
        Device = new CpuDevice(threads);
        var random = new Random(5);
        var ids = new int[tokens];
        for (var i = 1; i < tokens; i++)
        {
            ids[i] = (ids[i - 1] + 1 + random.Next(3)) % V;
        }

        TokenShardWriter.Write(Folder["train.bin"], V, ids);
        TokenShardWriter.Write(Folder["val.bin"], V, ids.AsSpan(0, tokens / 4));
        Train = TokenShard.Open(Folder["train.bin"], V);
        Validation = TokenShard.Open(Folder["val.bin"], V);
        _owned.AddRange([Train, Validation]);
    }

    public static DecoderConfig Config { get; } = new()
    {
        VocabSize = V,
        Hidden = 16,
        Layers = 2,
        Heads = 2,
        MaxPositions = 16,
    };

    public static TrainOptions Options { get; } = new()
    {
        BatchSize = 3,
        SequenceLength = 11,
        AccumulationSteps = 2,
        Steps = 24,
        Schedule = new CosineSchedule(5e-3, 5e-4, 4, 24),
        EvaluateEvery = 6,
        CheckpointEvery = 5,
    };

    public TemporaryFolder Folder { get; } = new();

    public CpuDevice Device { get; }

    public TokenShard Train { get; }

    public TokenShard Validation { get; }

    public FixedBatches Batches => new(Validation, 3, 11, 0, 4);

    /// <summary>A new trainer of a new model, always the same.</summary>
    public Trainer Trainer(TrainOptions? options = null, DecoderConfig? config = null,
        IBatchSource? source = null)
    {
        var model = new Decoder(Device, config ?? Config);
        model.Initialize(3);
        var trainer = new Trainer(model, options ?? Options, source ?? new RandomBatchSource([Train], 11));
        _owned.AddRange([model, trainer]);
        return trainer;
    }

    public void Dispose()
    {
        _owned.Reverse();
        _owned.ForEach(item => item.Dispose());
        Device.Dispose();
        Folder.Dispose();
    }
}
