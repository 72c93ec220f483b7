namespace Inheritune.Engine.Data;

/// <summary>
/// Where training batches come from. The order of the batches is a function of the source's construction and
/// of <see cref="State"/> alone: never of threads, of the number of devices or of evaluations in between.
/// </summary>
public interface IBatchSource
{
    /// <summary>
    /// Everything needed to go on at the same place: a few numbers separated by blanks. Set it on a source
    /// made with the same arguments.
    /// </summary>
    /// <exception cref="TokenFileException">Setting: the text is not a state of this source.</exception>
    string State { get; set; }

    /// <summary>
    /// Draws the next batch: rows of T inputs, and the same rows one position later. Allocates nothing.
    /// </summary>
    /// <param name="tokens">(B, T) ids. Overwritten.</param>
    /// <param name="targets">(B, T) ids, targets[b,t] follows tokens[b,t] in the text. Overwritten.</param>
    /// <param name="batch">B.</param>
    /// <param name="sequenceLength">T.</param>
    void Next(Span<int> tokens, Span<int> targets, int batch, int sequenceLength);
}
