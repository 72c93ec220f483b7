using System.Diagnostics;
using System.Text.Json;
using Engine.Tests.Tokenizers;
using Inheritune.Engine.Data;

namespace Engine.Tests.Corpora;

public sealed class CorruptFileTests
{
    private static readonly Dictionary<string, JsonElement> Cases = TextFixtures.Json("data/corrupt.json")
        .GetProperty("cases").EnumerateArray()
        .ToDictionary(c => $"{c.GetProperty("kind").GetString()} {c.GetProperty("name").GetString()}");

    public static TheoryData<string> Names() => new(Cases.Keys);

    [Fact]
    public void Fixture_Cases_AreAllThere() => Assert.True(Cases.Count >= 260);

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_CorruptFile_IsRefusedWithItsReasonQuickly(string name)
    {
        JsonElement item = Cases[name];
        using var folder = new TemporaryFolder();
        string kind = item.GetProperty("kind").GetString()!;
        string path = Path.Combine(
            folder.Path, item.GetProperty("name").GetString() + (kind == "parquet" ? ".parquet" : kind));
        File.WriteAllBytes(path, item.GetProperty("base64").GetBytesFromBase64());
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        var fault = Assert.Throws<CorpusException>(() => CorpusGolden.Read(path, new CorpusOptions()));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 1);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64L << 20);
        List<string> allowed = [item.GetProperty("refuse").GetString()!];
        if (item.TryGetProperty("or", out JsonElement others))
        {
            allowed.AddRange(others.EnumerateArray().Select(other => other.GetString()!));
        }
        Assert.True(allowed.Contains(fault.Reason), $"{fault.Reason} instead of {string.Join(", ", allowed)}: {fault.Message}");
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }
}
