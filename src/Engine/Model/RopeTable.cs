namespace Inheritune.Engine.Model;

/// <summary>
/// Rotary angles of a model, computed in f64 on the host (arXiv:2104.09864; Llama 3's scaling).
/// </summary>
internal static class RopeTable
{
    /// <summary>(positions, r) values: r/2 cosines, then r/2 sines of each position.</summary>
    public static float[] Build(DecoderConfig config, int positions)
    {
        var half = config.R / 2;
        var table = new float[checked(positions * config.R)];
        for (var i = 0; i < half; i++)
        {
            var frequency = Frequency(config, i);
            for (var p = 0; p < positions; p++)
            {
                var (sin, cos) = Math.SinCos(p * frequency);
                table[p * config.R + i] = (float)cos;
                table[p * config.R + half + i] = (float)sin;
            }
        }

        return table;
    }

    /// <summary>f_i = base^(−2i/r), changed as the configuration says.</summary>
    internal static double Frequency(DecoderConfig config, int i)
    {
        var frequency = Math.Pow(config.RotaryBase, -2.0 * i / config.R);
        var scaling = config.RopeScaling;
        switch (scaling.Kind)
        {
            case RopeScalingKind.Linear:
                return frequency / scaling.Factor;
            case RopeScalingKind.Llama3:
                var wavelength = 2 * Math.PI / frequency;
                var (shortest, longest) =
                    (scaling.OriginalMaxPositions / scaling.HighFrequencyFactor,
                        scaling.OriginalMaxPositions / scaling.LowFrequencyFactor);
                if (wavelength < shortest)
                {
                    return frequency;
                }

                if (wavelength > longest)
                {
                    return frequency / scaling.Factor;
                }

                var ramp = (scaling.OriginalMaxPositions / wavelength - scaling.LowFrequencyFactor)
                    / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
                return (1 - ramp) * frequency / scaling.Factor + ramp * frequency;
            default:
                return frequency;
        }
    }
}
