namespace Inheritune.Engine.Data;

/// <summary>Turns a text corpus into token files, a tokenizer and a manifest.</summary>
public static class CorpusPreparer
{
    /// <summary>Prepares a corpus, or returns what an earlier run with the same options prepared.</summary>
    /// <exception cref="CorpusException">The text cannot be read, or the folder holds something else.</exception>
    public static PreparedCorpus Prepare(
        PrepareOptions options, IProgress<PrepareProgress>? progress = null, CancellationToken cancellation = default) =>
        throw new NotImplementedException();

    /// <summary>Reads the manifest of a prepared folder and checks its files against it.</summary>
    /// <exception cref="CorpusException">There is no manifest, or a file is missing or differs from it.</exception>
    public static PreparedCorpus Open(string folder) => throw new NotImplementedException();
}
