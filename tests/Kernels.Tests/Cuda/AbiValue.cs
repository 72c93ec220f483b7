namespace Kernels.Tests.Cuda;

/// <summary>A parameter: pointer, handle, usize, i8 .. u64, f32, f64, enum or struct, and its bytes.</summary>
internal readonly record struct AbiValue(string Kind, int Bytes);
