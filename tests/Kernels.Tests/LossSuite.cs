namespace Kernels.Tests;
public abstract class LossSuite : DeviceSuite;
