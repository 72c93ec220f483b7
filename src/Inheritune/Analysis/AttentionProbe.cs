using Inheritune.Cli;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Analysis;

/// <summary>
/// Computes the attention matrices of a layer and their statistics on the device, and reads the statistics.
/// </summary>
internal sealed class AttentionProbe : IDisposable
{
    private readonly Device _device;
    private readonly LazyLayersOptions _options;
    private readonly double[] _levels;
    private readonly int _heads, _t;
    private readonly Tensor _matrices, _counts, _sinks;
    private readonly int[] _ranks, _masses, _naturalMasses;
    private readonly float[] _sinkValues;
    private readonly double[][]? _matrixSums;
    private readonly float[] _read;

    public AttentionProbe(Device device, DecoderConfig config, int batch, int T, LazyLayersOptions options)
    {
        (_device, _options, _heads, _t) = (device, options, config.Heads, T);
        _levels = [.. options.Levels];
        var matrices = batch * _heads;
        _matrices = device.AllocateTensor(DType.F32, matrices, T, T);
        _counts = device.AllocateTensor(DType.I32, matrices, _levels.Length);
        _sinks = device.AllocateTensor(DType.F32, matrices, 3);
        _ranks = new int[_counts.Count];
        _masses = new int[_counts.Count];
        _naturalMasses = new int[_counts.Count];
        _sinkValues = new float[_sinks.Count];
        _read = options.BatchMean ? new float[_matrices.Count] : [];
        if (options.BatchMean)
        {
            _matrixSums = [.. Enumerable.Range(0, config.Layers).Select(_ => new double[(long)_heads * T * T])];
        }
    }

    /// <summary>Adds the statistics of a layer after a forward pass.</summary>
    /// <param name="sums">Receives them.</param>
    /// <param name="pass">A pass that keeps q, k and v.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="sequences">Sequences of the batch that count; the others are filling.</param>
    public void Add(StatisticSums sums, DecoderPass pass, int layer, int sequences)
    {
        var ops = _device.Ops;
        ops.AttentionWeights(_matrices, pass.LayerQkv(layer), pass.LayerAttention(layer), _options.Causal);
        ops.MatrixRank(_counts, _matrices, _levels);
        _counts.ReadToHost<int>(_ranks);
        ops.MatrixMass(_counts, _matrices, _levels);
        _counts.ReadToHost<int>(_masses);
        ops.MatrixMass(_counts, _matrices, _levels, sorted: false);
        _counts.ReadToHost<int>(_naturalMasses);
        ops.MatrixSink(_sinks, _matrices);
        _sinks.ReadToHost<float>(_sinkValues);
        if (_ranks.AsSpan(0, sequences * _heads * _levels.Length).Contains(0))
        {
            throw new RunException(
                $"analyze: attention of layer {layer}: expected finite weights, got NaN or infinity. The model has diverged.");
        }

        sums.Add(layer, sequences, _ranks, _masses, _naturalMasses, _sinkValues);
        if (_matrixSums is not null)
        {
            _matrices.ReadToHost<float>(_read);
            AddMatrices(_matrixSums[layer], sequences);
        }
    }

    /// <summary>Ranks of the mean matrices, [level][layer][head]; null if they were not asked for.</summary>
    public double[][][]? BatchMeanRanks(int sequences)
    {
        if (_matrixSums is null)
        {
            return null;
        }

        var result = _levels.Select(_ => new double[_matrixSums.Length][]).ToArray();
        var matrices = _matrices.Slice(0, _heads);
        var counts = _counts.Slice(0, _heads);
        var ranks = new int[counts.Count];
        for (var layer = 0; layer < _matrixSums.Length; layer++)
        {
            matrices.Upload<float>(Array.ConvertAll(_matrixSums[layer], sum => (float)(sum / sequences)));
            _device.Ops.MatrixRank(counts, matrices, _levels);
            counts.ReadToHost<int>(ranks);
            for (var level = 0; level < _levels.Length; level++)
            {
                result[level][layer] =
                    [.. Enumerable.Range(0, _heads).Select(head => (double)ranks[head * _levels.Length + level])];
            }
        }

        return result;
    }

    public void Dispose()
    {
        _matrices.Memory.Dispose();
        _counts.Memory.Dispose();
        _sinks.Memory.Dispose();
    }

    private void AddMatrices(double[] sums, int sequences)
    {
        for (var sequence = 0; sequence < sequences; sequence++)
        {
            var matrices = _read.AsSpan(sequence * sums.Length, sums.Length);
            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] += matrices[i];
            }
        }
    }
}
