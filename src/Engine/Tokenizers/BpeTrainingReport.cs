namespace Inheritune.Engine.Tokenizers;

/// <summary>What a vocabulary was trained on.</summary>
/// <param name="CorpusBytes">Bytes of all pieces; special tokens in the text are left out.</param>
/// <param name="PieceCount">Pieces of the corpus.</param>
/// <param name="UniquePieceCount">Different pieces.</param>
/// <param name="DroppedPieceCount">Different pieces left out because there were more than allowed.</param>
/// <param name="MergeCount">Merges found.</param>
public sealed record BpeTrainingReport(
    long CorpusBytes, long PieceCount, int UniquePieceCount, int DroppedPieceCount, int MergeCount);
