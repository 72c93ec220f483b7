namespace Inheritune.Engine.Tokenizers;

/// <summary>Trains byte-level BPE vocabularies.</summary>
public static class BpeTrainer
{
    /// <summary>Trains a vocabulary on documents.</summary>
    public static ByteLevelBpe Train(
        IEnumerable<string> documents, BpeTrainerOptions options, CancellationToken cancellation = default) =>
        throw new NotImplementedException();
}
