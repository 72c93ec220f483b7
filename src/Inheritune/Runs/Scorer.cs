using Inheritune.Engine.Data;
using Inheritune.Engine.Model;

namespace Inheritune.Runs;

/// <summary>Losses of a model on fixed batches.</summary>
internal static class Scorer
{
    /// <summary>One mean loss per batch, from batch <paramref name="first"/> of the range on.</summary>
    public static List<double> Losses(Decoder model, FixedBatches batches, int first, CancellationToken stop)
    {
        using var pass = new DecoderPass(model, batches.Batch, batches.SequenceLength, training: false);
        int size = checked(batches.Batch * batches.SequenceLength);
        var tokens = new int[size];
        var targets = new int[size];
        var losses = new List<double>(batches.Count);
        for (var i = first; i < batches.Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            batches.Read(i, tokens, targets);
            losses.Add(pass.Loss(tokens, targets));
        }

        return losses;
    }
}
