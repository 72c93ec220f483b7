namespace Kernels.Tests;
public abstract class MoveSuite : DeviceSuite;
