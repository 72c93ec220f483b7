namespace Inheritune.Analysis;

/// <summary>
/// Frobenius norms of the loss gradient by the rows of W_q and W_k that belong to one head, without biases. A
/// head whose attention has collapsed to a sink gets almost no gradient (arXiv:2404.08634, theorem H.1).
/// </summary>
/// <param name="Loss">Mean loss over all predicted positions of all sequences, nats.</param>
/// <param name="Query">[layer][query head].</param>
/// <param name="Key">[layer][key/value head].</param>
internal sealed record GradientNorms(double Loss, double[][] Query, double[][] Key);
