namespace Inheritune.Engine.Data;

/// <summary>
/// The documentation files that every .NET SDK carries beside its reference assemblies, as plain English
/// text: a corpus of some tens of megabytes that needs no download.
/// </summary>
public static class SdkDocumentation
{
    /// <summary>Whether an SDK with documentation is installed.</summary>
    public static bool IsAvailable => throw new NotImplementedException();

    /// <summary>The documents in a fixed order.</summary>
    /// <exception cref="CorpusException">No SDK with documentation is installed.</exception>
    public static IEnumerable<string> Documents() => throw new NotImplementedException();
}
