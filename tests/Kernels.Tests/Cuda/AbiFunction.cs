namespace Kernels.Tests.Cuda;

/// <summary>What a function returns and takes.</summary>
internal sealed record AbiFunction(AbiValue Returns, IReadOnlyList<AbiValue> Parameters);
