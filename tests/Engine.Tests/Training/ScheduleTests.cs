using System.Text.Json;
using Inheritune.Engine.Training;

namespace Engine.Tests.Training;

public sealed class ScheduleTests
{
    [Fact]
    public void Rates_OfGoldenSchedules_AgreeTo15Digits()
    {
        foreach (var file in TrainingFixtures.Files("training/schedules.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            var count = 0;
            foreach (var golden in json.RootElement.EnumerateArray())
            {
                var schedule = Parse(golden);
                schedule.Validate();
                foreach (var rate in golden.GetProperty("rates").EnumerateArray())
                {
                    var expected = rate[1].GetDouble();
                    var actual = schedule.Rate(rate[0].GetInt64());
                    Assert.True(
                        Math.Abs(actual - expected) <= 2e-15 * Math.Max(Math.Abs(expected), 1e-4),
                        $"{schedule} at {rate[0]}: expected {expected:R}, got {actual:R}");
                    count++;
                }
            }

            Assert.True(count > 50);
        }
    }

    [Fact]
    public void Continued_WithOffsetAndRewarm_FollowsTheInnerSchedule()
    {
        var inner = new CosineSchedule(1e-3, 1e-4, 10, 100);
        var continued = new ContinuedSchedule(inner, 40, 5);

        Assert.Equal(0, continued.Rate(0));
        Assert.Equal(inner.Rate(42) * 2 / 5, continued.Rate(2), 1e-18);
        Assert.Equal(inner.Rate(45), continued.Rate(5));
        Assert.Equal(inner.Rate(90), new ContinuedSchedule(inner, 40).Rate(50));
    }

    [Theory]
    [InlineData(0, 0, 0, 10, "schedule: peak rate: expected a number above 0, got 0.")]
    [InlineData(1e-3, 2e-3, 0, 10, "schedule: final rate: expected 0 to the peak rate, got 0.002.")]
    [InlineData(1e-3, 0, 10, 10, "schedule: total steps: expected more than the 10 of warm-up, got 10.")]
    [InlineData(1e-3, 0, -1, 10, "schedule: warm-up steps: expected 0 or more, got -1.")]
    [InlineData(double.NaN, 0, 0, 10, "schedule: peak rate: expected a number above 0, got NaN.")]
    public void Cosine_WithContradiction_SaysWhich(double peak, double minimum, long warmup, long total,
        string message)
    {
        var error = Assert.Throws<TrainingException>(
            new CosineSchedule(peak, minimum, warmup, total).Validate);
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Wsd_WithDecayLongerThanTheRest_SaysWhich()
    {
        var error = Assert.Throws<TrainingException>(new WsdSchedule(1e-3, 0, 10, 100, 91).Validate);
        Assert.Equal(
            "schedule: decay steps: expected 1 to 90, what the warm-up leaves of 100 steps, got "
            + "91.", error.Message);
    }

    internal static Schedule Parse(JsonElement json)
    {
        var peak = json.GetProperty("peak").GetDouble();
        var minimum = json.TryGetProperty("min", out var min) ? min.GetDouble() : 0;
        var warmup = json.GetProperty("warmup").GetInt64();
        var total = json.TryGetProperty("total", out var steps) ? steps.GetInt64() : 0;
        return json.GetProperty("kind").GetString() switch
        {
            "cosine" => new CosineSchedule(peak, minimum, warmup, total),
            "linear" => new LinearSchedule(peak, minimum, warmup, total),
            "constant" => new ConstantSchedule(peak, warmup),
            "wsd" => new WsdSchedule(
                peak, minimum, warmup, total, json.GetProperty("decay").GetInt64(),
                json.GetProperty("shape").GetString() == "sqrt" ? WsdShape.Sqrt : WsdShape.Linear),
            var kind => throw new InvalidDataException($"schedule kind {kind}"),
        };
    }
}
