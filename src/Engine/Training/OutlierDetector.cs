namespace Inheritune.Engine.Training;

/// <summary>
/// Says when a loss stands out: above mean + k·sd of the last <see cref="Window"/> losses, and by more than
/// <see cref="SmallestJump"/>. Quiet until the window is full; outliers do not enter the window.
/// </summary>
internal sealed class OutlierDetector(double deviations)
{
    /// <summary>Losses that are looked back on.</summary>
    public const int Window = 100;

    /// <summary>Nats: a smaller jump is never an outlier, however flat the losses before it were.</summary>
    public const double SmallestJump = 0.5;

    private readonly double[] _losses = new double[Window];
    private int _count;
    private int _next;

    /// <summary>The largest loss that is no outlier now.</summary>
    public double Limit
    {
        get
        {
            if (deviations == 0 || _count < Window)
            {
                return double.PositiveInfinity;
            }

            var mean = Mean;
            return mean + Math.Max(deviations * StandardDeviation(mean), SmallestJump);
        }
    }

    /// <summary>Mean of the window.</summary>
    public double Mean
    {
        get
        {
            double sum = 0;
            for (var i = 0; i < _count; i++)
            {
                sum += _losses[i];
            }

            return sum / Math.Max(1, _count);
        }
    }

    /// <summary>Adds a loss that was no outlier.</summary>
    public void Add(double loss)
    {
        _losses[_next] = loss;
        _next = (_next + 1) % Window;
        _count = Math.Min(Window, _count + 1);
    }

    /// <summary>The window, oldest loss first, to be saved.</summary>
    public double[] ToArray()
    {
        var result = new double[_count];
        for (var i = 0; i < _count; i++)
        {
            result[i] = _losses[(_next - _count + i + Window) % Window];
        }

        return result;
    }

    /// <summary>Goes back to a saved window.</summary>
    public void Restore(ReadOnlySpan<double> losses)
    {
        (_count, _next) = (0, 0);
        foreach (var loss in losses)
        {
            Add(loss);
        }
    }

    private double StandardDeviation(double mean)
    {
        double sum = 0;
        for (var i = 0; i < _count; i++)
        {
            sum += (_losses[i] - mean) * (_losses[i] - mean);
        }

        return Math.Sqrt(sum / (_count - 1));
    }
}
