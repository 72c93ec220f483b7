namespace Kernels.Tests;
public abstract class OptimizerSuite : DeviceSuite;
