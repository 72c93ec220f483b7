using System.Buffers;
using Inheritune.Engine.Checkpoints;
using Inheritune.Kernels;

namespace Inheritune.Engine.Training;

/// <summary>
/// The moments of a saved trainer: optimizer.safetensors with "first_moment.NAME" and "second_moment.NAME" in
/// f32, NAME the canonical parameter name and the values in the parameter's own order; the update counts come
/// from trainer.json.
/// </summary>
public sealed class OptimizerState : IDisposable
{
    private readonly SafetensorsFile _file;
    private readonly TrainerState _state;

    private OptimizerState(SafetensorsFile file, TrainerState state)
    {
        _file = file;
        _state = state;
    }

    /// <summary>Opens the state in a checkpoint folder.</summary>
    /// <exception cref="TrainingException">The folder has no complete trainer state.</exception>
    /// <exception cref="CheckpointException">optimizer.safetensors is damaged.</exception>
    public static OptimizerState Open(string folder)
    {
        var state = TrainerState.Read(folder);
        return new OptimizerState(SafetensorsFile.Open(Path.Combine(folder, TrainerFiles.Optimizer)), state);
    }

    /// <summary>Whether a parameter has saved moments.</summary>
    public bool Contains(string parameter) => _file.TryGet(TrainerFiles.FirstMomentPrefix + parameter, out _);

    /// <summary>Updates that a parameter's moments have seen.</summary>
    public long UpdateCount(string parameter) =>
        _state.UpdateCounts.TryGetValue(parameter, out var count) ? count : _state.Updates;

    /// <summary>Copies a parameter's moments to a device.</summary>
    /// <param name="parameter">Canonical name in the saved model.</param>
    /// <param name="firstMoment">m. Overwritten.</param>
    /// <param name="secondMoment">v. Overwritten.</param>
    /// <exception cref="TrainingException">The parameter is missing or has another size.</exception>
    public void Read(string parameter, Tensor firstMoment, Tensor secondMoment)
    {
        ReadInto(TrainerFiles.FirstMomentPrefix + parameter, firstMoment);
        ReadInto(TrainerFiles.SecondMomentPrefix + parameter, secondMoment);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void ReadInto(string name, Tensor destination)
    {
        if (!_file.TryGet(name, out var entry))
        {
            throw new TrainingException(
                $"{_file.Path}: tensor '{name}': expected one, got none. The optimizer's state belongs to "
                + "another model.");
        }

        if (entry.ElementCount != destination.Count)
        {
            throw new TrainingException(
                $"{_file.Path}: tensor '{name}': expected {destination.Count} elements {destination.Shape}, "
                + "got "
                + $"{entry.ElementCount}. The optimizer's state belongs to another model.");
        }

        const int Chunk = 1 << 20;
        var flat = destination.View(destination.Count);
        var buffer = ArrayPool<float>.Shared.Rent((int)Math.Min(Chunk, Math.Max(1, flat.Count)));
        for (long first = 0; first < flat.Count; first += Chunk)
        {
            var values = buffer.AsSpan(0, (int)Math.Min(Chunk, flat.Count - first));
            _file.ReadFloats(entry, first, values);
            flat.Slice(first, values.Length).Upload<float>(values);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }
}
