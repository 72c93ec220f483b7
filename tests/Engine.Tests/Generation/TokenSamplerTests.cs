using System.Text.Json;
using Inheritune.Engine.Generation;
using Inheritune.Engine.Model;

namespace Engine.Tests.Generation;

public sealed class TokenSamplerTests
{
    [Fact]
    public void Probabilities_Golden_Agree()
    {
        var cases = 0;
        foreach (var file in Fixtures.FindAll("training/generation.json"))
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var item in document.RootElement.GetProperty("filtered").EnumerateArray())
            {
                var logits = item.GetProperty("logits").EnumerateArray().Select(v => v.GetSingle()).ToArray();
                var expected = item.GetProperty("probabilities").EnumerateArray().Select(v => v.GetDouble()).ToArray();
                int[] history = item.TryGetProperty("history", out var ids) ? [.. ids.EnumerateArray().Select(v => v.GetInt32())] : [];
                var options = new SamplingOptions(
                    Number(item, "temperature", 1), (int)Number(item, "top_k", 0), Number(item, "top_p", 1),
                    Number(item, "repetition_penalty", 1));
                var actual = new TokenSampler(options, logits.Length).Probabilities(logits, history).ToArray();
                var name = $"case {cases}, row {item.GetProperty("row")}, {options}";
                Assert.True(item.GetProperty("kept").GetInt32() == actual.Count(p => p > 0), name);
                for (var i = 0; i < expected.Length; i++)
                {
                    Assert.True(Math.Abs(expected[i] - actual[i]) < 1e-10, $"{name}: {i} is {actual[i]}, expected {expected[i]}");
                }

                cases++;
            }
        }

        Assert.True(cases >= 43, $"expected the 43 golden rows, found {cases}");
    }

    [Fact]
    public void Next_ManyDraws_FollowTheProbabilities()
    {
        const int Draws = 20000;
        var seed = (ulong)Random.Shared.NextInt64();
        var sampler = new TokenSampler(new SamplingOptions(Temperature: 1.5, TopK: 3, Seed: seed), 5);
        float[] logits = [0.5f, -1, 2, 1, -3];
        var expected = new TokenSampler(new SamplingOptions(Temperature: 1.5, TopK: 3), 5).Probabilities(logits, []).ToArray();
        var counts = new int[5];
        for (var i = 0; i < Draws; i++)
        {
            counts[sampler.Next(logits, [])]++;
        }

        for (var i = 0; i < counts.Length; i++)
        {
            var spread = 5 * Math.Sqrt(Draws * expected[i] * (1 - expected[i]));
            Assert.True(
                Math.Abs(counts[i] - Draws * expected[i]) <= spread, $"seed {seed}: {i} drawn {counts[i]} times, {expected[i]:P2}");
        }
    }

    [Fact]
    public void Next_Greedy_TakesTheFirstLargestAfterThePenalty()
    {
        Assert.Equal(1, new TokenSampler(new SamplingOptions(), 4).Next([0, 3, 3, -1], []));
        Assert.Equal(2, new TokenSampler(new SamplingOptions(RepetitionPenalty: 1.5), 4).Next([0, 3, 3, -1], [1, 1]));
        Assert.Equal([0, 1, 0], new TokenSampler(new SamplingOptions(), 3).Probabilities([1, 2, 0], []).ToArray());
    }

    [Fact]
    public void Next_LogitsThatAreNoNumbers_SayThatTheModelDiverged()
    {
        var sampler = new TokenSampler(new SamplingOptions(), 3);
        var message = Assert.Throws<ModelException>(() => sampler.Next([0, float.NaN, 1], [])).Message;
        Assert.Contains("logit 1: expected a number, got NaN", message, StringComparison.Ordinal);
        Assert.Throws<ModelException>(() => sampler.Next([0, 1], []));
    }

    [Fact]
    public void Options_OutOfRange_AreNamed()
    {
        AssertFails("temperature: expected 0 or more, got -0.5", new SamplingOptions(Temperature: -0.5));
        AssertFails("top-k: expected 0 (all) or more, got -1", new SamplingOptions(TopK: -1));
        AssertFails("top-p: expected more than 0, at most 1, got 0", new SamplingOptions(TopP: 0));
        AssertFails("top-p: expected more than 0, at most 1, got 1.1", new SamplingOptions(TopP: 1.1));
        AssertFails("repetition penalty: expected more than 0, got 0", new SamplingOptions(RepetitionPenalty: 0));

        static void AssertFails(string expected, SamplingOptions options) => Assert.StartsWith(
            "Sampling: " + expected, Assert.Throws<ModelException>(() => new TokenSampler(options, 4)).Message, StringComparison.Ordinal);
    }

    private static double Number(JsonElement item, string name, double missing) =>
        item.TryGetProperty(name, out var value) ? value.GetDouble() : missing;
}
