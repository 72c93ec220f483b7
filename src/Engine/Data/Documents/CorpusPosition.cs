namespace Inheritune.Engine.Data.Documents;

/// <summary>A place between two batches of a corpus: the next batch has at least these numbers.</summary>
/// <param name="Unit">Part of the corpus.</param>
/// <param name="Batch">Batch of that part.</param>
internal readonly record struct CorpusPosition(int Unit, int Batch);
