namespace Kernels.Tests.Attention;

/// <summary>Random inputs whose seed is printed, rounded to f32.</summary>
public sealed class AttentionInputs
{
    private readonly Random _random;

    public AttentionInputs()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        _random = new Random(seed);
    }

    public double[] Normal(long count, double scale = 1)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            values[i] = (float)(scale * radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
        }

        return values;
    }
}
