using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Training;

public sealed partial class Trainer
{
    private readonly Dictionary<string, long> _extraUpdates = new(StringComparer.Ordinal);
    private UpdateGroup[] _groups = [];
    private long _updates;

    /// <summary>How many updates the moments of a parameter have seen: t of the bias correction.</summary>
    /// <param name="parameter">Canonical name.</param>
    public long UpdateCount(string parameter) => _updates + _extraUpdates.GetValueOrDefault(parameter);

    /// <summary>
    /// Gives a parameter moments from elsewhere, to keep the optimizer's state of a block that stays when a
    /// model grows. The others keep what they have: zeros in a new trainer.
    /// </summary>
    /// <param name="parameter">Canonical name.</param>
    /// <param name="firstMoment">m, in the parameter's order.</param>
    /// <param name="secondMoment">v, in the parameter's order.</param>
    /// <param name="updateCount">Updates that these moments have seen, 0 or more.</param>
    public void SetMoments(
        string parameter, ReadOnlySpan<float> firstMoment, ReadOnlySpan<float> secondMoment, long updateCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(updateCount);
        FirstMoment[parameter].Upload(firstMoment);
        SecondMoment[parameter].Upload(secondMoment);
        SetUpdateCount(parameter, updateCount);
        BuildGroups();
    }

    /// <summary>Takes over moments of a saved trainer, parameter by parameter.</summary>
    /// <param name="source">Saved moments.</param>
    /// <param name="sourceName">
    /// From a parameter of this model to the one of the saved model that it was; null for a new one, which
    /// starts with zeros.
    /// </param>
    /// <exception cref="TrainingException">A named parameter is missing or has another size.</exception>
    public void CarryMoments(OptimizerState source, Func<string, string?> sourceName)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(sourceName);
        foreach (var parameter in Model.Table)
        {
            if (sourceName(parameter.Name) is { } name)
            {
                source.Read(name, FirstMoment[parameter], SecondMoment[parameter]);
                SetUpdateCount(parameter.Name, source.UpdateCount(name));
            }
        }

        BuildGroups();
    }

    private void SetUpdateCount(string parameter, long updateCount)
    {
        _extraUpdates.Remove(parameter);
        if (updateCount != _updates)
        {
            _extraUpdates.Add(parameter, updateCount - _updates);
        }
    }

    private void Update(double rate)
    {
        _updates++;
        foreach (var group in _groups)
        {
            var step = new AdamWStep(
                (float)rate, (float)Options.Beta1, (float)Options.Beta2, (float)Options.Eps,
                group.Decays ? (float)Options.WeightDecay : 0, _updates + group.ExtraUpdates, Options.RoundingSeed,
                group.Offset);
            _ops.AdamW(
                group.Weight, group.FirstMoment, group.SecondMoment, group.Gradient, _norm, step, group.Working);
        }
    }

    /// <summary>Runs of the arena that are updated alike: same decay, same number of updates.</summary>
    private void BuildGroups()
    {
        var runs = new List<(long Offset, long End, bool Decays, long ExtraUpdates)>();
        foreach (var parameter in Model.Table)
        {
            var decays = ParameterTable.Decays(parameter, Options.DecayRule);
            var extra = _extraUpdates.GetValueOrDefault(parameter.Name);
            var end = parameter.Offset + parameter.Shape.Count;
            if (runs.Count > 0 && runs[^1].Decays == decays && runs[^1].ExtraUpdates == extra)
            {
                // The padding between two parameters is 0 in weights, gradients and moments, and stays 0.
                runs[^1] = runs[^1] with { End = end };
            }
            else
            {
                runs.Add((parameter.Offset, end, decays, extra));
            }
        }

        _groups = [.. runs.Select(run => new UpdateGroup(
            Model.Weights.Flat.Slice(run.Offset, run.End - run.Offset),
            FirstMoment.Flat.Slice(run.Offset, run.End - run.Offset),
            SecondMoment.Flat.Slice(run.Offset, run.End - run.Offset),
            Gradients.Flat.Slice(run.Offset, run.End - run.Offset),
            _working?.Flat.Slice(run.Offset, run.End - run.Offset),
            run.Offset, run.Decays, run.ExtraUpdates))];
    }

    private sealed record UpdateGroup(
        Tensor Weight, Tensor FirstMoment, Tensor SecondMoment, Tensor Gradient, Tensor? Working, long Offset,
        bool Decays, long ExtraUpdates);
}
