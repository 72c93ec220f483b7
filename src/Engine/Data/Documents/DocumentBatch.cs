namespace Inheritune.Engine.Data.Documents;

/// <summary>Some documents that follow one another, as UTF-8, and what reading them met.</summary>
/// <param name="Unit">Part of the corpus they come from.</param>
/// <param name="Number">Number of the batch within its part.</param>
/// <param name="Documents">Documents with text.</param>
/// <param name="Statistics">What was met since the batch before.</param>
internal sealed record DocumentBatch(
    int Unit, int Number, List<byte[]> Documents, CorpusStatistics Statistics);
