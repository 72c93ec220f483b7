namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Decides which text is kept for validation: documents by a hash of their content, so the order and the
/// other documents do not matter and equal documents stay on one side. Of fewer than ten documents the end of
/// each is kept instead.
/// </summary>
internal sealed class DocumentSplit(double fraction, ulong seed)
{
    private const int FewDocuments = 10;

    private readonly ulong _limit = (ulong)(fraction * (1UL << 53));
    private ulong _smallestHash = ulong.MaxValue;
    private bool _hasHeldOut;

    /// <summary>Documents counted.</summary>
    public long DocumentCount { get; private set; }

    /// <summary>Whether, by what was counted so far, the end of each document is kept.</summary>
    public bool CutsEach => DocumentCount < FewDocuments;

    /// <summary>
    /// Whether more documents change nothing: there are enough, and one of them is kept for validation.
    /// </summary>
    public bool IsDecided => !CutsEach && (_hasHeldOut || _limit == 0);

    /// <summary>What was counted, to go on with.</summary>
    public (long Documents, bool HasHeldOut, ulong SmallestHash) State
    {
        get => (DocumentCount, _hasHeldOut, _smallestHash);
        set => (DocumentCount, _hasHeldOut, _smallestHash) = value;
    }

    /// <summary>Takes note of a document. All are counted before any is split.</summary>
    public void Count(ReadOnlySpan<byte> document)
    {
        DocumentCount++;
        ulong hash = Hash(document);
        _hasHeldOut |= hash < _limit;
        _smallestHash = Math.Min(_smallestHash, hash);
    }

    /// <summary>Whether the hash puts a document into the validation part.</summary>
    public bool IsHeldOut(ReadOnlySpan<byte> document) => Hash(document) < _limit;

    /// <summary>How many first bytes of a document are for training; the rest is for validation.</summary>
    public int TrainingLength(ReadOnlySpan<byte> document)
    {
        if (_limit == 0)
        {
            return document.Length;
        }
        if (CutsEach)
        {
            int at = (int)(document.Length * (1 - fraction));
            int lineEnd = document[at..].IndexOf((byte)'\n');
            int space = document[at..].IndexOf((byte)' ');
            int cut = lineEnd >= 0 && at + lineEnd + 1 < document.Length ? lineEnd + 1 : space;
            return cut >= 0 ? at + cut : document.Length;
        }
        ulong hash = Hash(document);
        // A share too small for the corpus still keeps one document.
        bool isHeldOut = _hasHeldOut ? hash < _limit : hash == _smallestHash;
        return isHeldOut ? 0 : document.Length;
    }

    /// <summary>FNV-1a, finished by the mixer of SplitMix64; 53 bits.</summary>
    private ulong Hash(ReadOnlySpan<byte> document)
    {
        ulong hash = 0xCBF29CE484222325UL ^ (seed * 0x9E3779B97F4A7C15UL);
        foreach (byte value in document)
        {
            hash = (hash ^ value) * 0x100000001B3UL;
        }
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return (hash ^ (hash >> 31)) >> 11;
    }
}
