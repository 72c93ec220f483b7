namespace Inheritune.Engine.Data;

/// <summary>What reading a corpus met. Filled while the documents are enumerated.</summary>
public sealed class CorpusStatistics
{
    /// <summary>Files read.</summary>
    public int Files { get; internal set; }

    /// <summary>Files of a folder left out because their names are hidden or of no known kind.</summary>
    public int SkippedFiles { get; internal set; }

    /// <summary>Documents with text.</summary>
    public long Documents { get; internal set; }

    /// <summary>Documents dropped because they are null.</summary>
    public long NullDocuments { get; internal set; }

    /// <summary>Documents dropped because they are empty.</summary>
    public long EmptyDocuments { get; internal set; }

    /// <summary>Lines of JSON lines files that are only white space.</summary>
    public long BlankLines { get; internal set; }

    /// <summary>JSON lines skipped because they are bad.</summary>
    public long BadRecords { get; internal set; }

    /// <summary>U+FFFD put for invalid UTF-8.</summary>
    public long ReplacedBytes { get; internal set; }

    /// <summary>Texts of the first ten skipped records.</summary>
    public IReadOnlyList<string> FirstBadRecords => _firstBadRecords;

    private readonly List<string> _firstBadRecords = [];

    /// <summary>Takes note of a document.</summary>
    internal void Count(string? document)
    {
        if (document is null)
        {
            NullDocuments++;
        }
        else if (document.Length == 0)
        {
            EmptyDocuments++;
        }
        else
        {
            Documents++;
        }
    }

    /// <summary>What was met since the last call.</summary>
    internal CorpusStatistics Take()
    {
        var taken = new CorpusStatistics();
        taken.Add(this);
        (Documents, NullDocuments, EmptyDocuments, BlankLines, BadRecords, ReplacedBytes) = (0, 0, 0, 0, 0, 0);
        _firstBadRecords.Clear();
        return taken;
    }

    /// <summary>Adds what another part met.</summary>
    internal void Add(CorpusStatistics other)
    {
        Files += other.Files;
        SkippedFiles += other.SkippedFiles;
        Documents += other.Documents;
        NullDocuments += other.NullDocuments;
        EmptyDocuments += other.EmptyDocuments;
        BlankLines += other.BlankLines;
        BadRecords += other.BadRecords;
        ReplacedBytes += other.ReplacedBytes;
        _firstBadRecords.AddRange(other._firstBadRecords.Take(10 - _firstBadRecords.Count));
    }

    internal void AddBadRecord(CorpusException fault)
    {
        BadRecords++;
        if (_firstBadRecords.Count < 10)
        {
            _firstBadRecords.Add(fault.Message);
        }
    }
}
