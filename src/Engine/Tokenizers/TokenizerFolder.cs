namespace Inheritune.Engine.Tokenizers;

/// <summary>Tokenizer files of a folder.</summary>
public static class TokenizerFolder
{
    /// <summary>Whether a folder holds a tokenizer this engine can read.</summary>
    public static bool Exists(string folder) => throw new NotImplementedException();

    /// <summary>Reads the tokenizer of a folder.</summary>
    public static TextTokenizer Load(string folder) => throw new NotImplementedException();

    /// <summary>Writes a tokenizer into a folder.</summary>
    public static void Save(TextTokenizer tokenizer, string folder) => throw new NotImplementedException();
}
