namespace Kernels.Tests;
public abstract class EmbeddingSuite : DeviceSuite;
