using System.Text.Json;
using Engine.Tests.Tokenizers;
using Inheritune.Engine.Data;
using Inheritune.Engine.Data.Parquet;

namespace Engine.Tests.Corpora;

public sealed class ParquetTests
{
    private static readonly JsonElement Golden = CorpusGolden.Expected("parquet").GetProperty("files");

    public static TheoryData<string> Files() => new(Golden.EnumerateObject().Select(file => file.Name));

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_GoldenFile_GivesItsDocumentsOrItsFault(string name)
    {
        JsonElement expected = Golden.GetProperty(name);
        string path = CorpusGolden.PathOf("parquet", name);
        var options = new CorpusOptions { TextColumn = expected.GetProperty("column").GetString()! };
        if (!expected.TryGetProperty("refuse", out JsonElement reason))
        {
            CorpusGolden.Compare(expected, CorpusGolden.Read(path, options), name);
            return;
        }
        var fault = Assert.Throws<CorpusException>(() => CorpusGolden.Read(path, options));
        Assert.Equal(reason.GetString(), fault.Reason);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Read_MissingColumn_ListsTheOthersAndTheOption()
    {
        var fault = Assert.Throws<CorpusException>(
            () => CorpusGolden.Read(CorpusGolden.PathOf("parquet", "refuse-missing.parquet"), new CorpusOptions()));
        Assert.Contains("columns: content, id, meta.text", fault.Message, StringComparison.Ordinal);
        Assert.Contains("--text-column", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_ReadInAnyOrder_GiveTheSame()
    {
        string path = CorpusGolden.PathOf("parquet", "duckdb-groups.parquet");
        using ParquetFile file = ParquetFile.Open(path, Golden.GetProperty("duckdb-groups.parquet").GetProperty("column").GetString()!);
        Assert.True(file.GroupCount > 1);
        var groups = new List<string?>[file.GroupCount];
        Parallel.For(0, file.GroupCount, i =>
        {
            groups[file.GroupCount - 1 - i] = [];
            ChunkReader reader = file.Group(file.GroupCount - 1 - i);
            while (reader.TryRead(groups[file.GroupCount - 1 - i], 500))
            {
            }
        });
        CorpusGolden.Compare(Golden.GetProperty("duckdb-groups.parquet"), [.. groups.SelectMany(g => g)], path);
    }

    /// <summary>Ten thousand damaged copies of the smaller files: half from a fixed seed, half from a new one.</summary>
    [Theory]
    [InlineData(20241, 5000)]
    [InlineData(0, 5000)]
    public void Read_RandomBitFlips_AreReadOrRefusedByName(int seed, int rounds)
    {
        seed = seed == 0 ? Environment.TickCount : seed;
        var random = new Random(seed);
        string folder = Path.GetDirectoryName(CorpusGolden.PathOf("parquet", "expected.json"))!;
        (string Name, byte[] Bytes, string Column)[] files =
        [
            .. Golden.EnumerateObject().Select(file => (
                file.Name, File.ReadAllBytes(Path.Combine(folder, file.Name)), file.Value.GetProperty("column").GetString()!))
                .Where(file => file.Item2.Length < 3000),
        ];
        Assert.True(files.Length > 60);
        using var temporary = new TemporaryFolder();
        string path = Path.Combine(temporary.Path, "damaged.parquet");
        for (int round = 0; round < rounds; round++)
        {
            (string name, byte[] good, string column) = files[random.Next(files.Length)];
            byte[] bytes = [.. good];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }
            File.WriteAllBytes(path, bytes);
            try
            {
                // Damage may promise billions of nulls, which is legal; some of them are enough.
                foreach (string? _ in Documents(path, column).Take(10_000))
                {
                }
            }
            catch (CorpusException)
            {
                // Refused by name.
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}, round {round}, {name}: {exception}");
            }
        }
    }

    private static IEnumerable<string?> Documents(string path, string column)
    {
        using ParquetFile file = ParquetFile.Open(path, column);
        var batch = new List<string?>();
        for (int i = 0; i < file.GroupCount; i++)
        {
            ChunkReader group = file.Group(i);
            while (group.TryRead(batch, 1 << 14))
            {
                foreach (string? document in batch)
                {
                    yield return document;
                }
                batch.Clear();
            }
        }
    }
}
