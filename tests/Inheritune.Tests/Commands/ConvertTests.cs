using Inheritune.Tests.Cli;
using Inheritune.Tests.Runs;
using Inheritune.Tests.Support;

namespace Inheritune.Tests.Commands;

public sealed class ConvertTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Convert_ThereAndBack_ShowsWhatWasWritten()
    {
        var golden = Fixtures.Find("checkpoints/tiny-gpt2");
        var file = Path.Combine(_folder.Path, "gpt2.bin");
        var (code, text, error) = CommandRunner.Run("convert", "--model", golden, "--out", file, "--to", "llmc", "--dtype", "F32");
        Assert.True(code == 0, error);
        Assert.Equal(File.ReadAllBytes(Path.Combine(golden, "llmc-v3.bin")), File.ReadAllBytes(file));
        Assert.Contains("parameters\t4,", text, StringComparison.Ordinal);
        Assert.Contains("elements equal the source in F32", text, StringComparison.Ordinal);
        var folder = Path.Combine(_folder.Path, "hf");
        (code, text, error) = CommandRunner.Run("convert", "--model", file, "--out", folder, "--max-shard-size", "5KB");
        Assert.True(code == 0, error);
        Assert.Contains("gpt2 from llm.c", text, StringComparison.Ordinal);
        Assert.Contains("model.safetensors.index.json", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5", 2, "--max-shard-size: expected a number with KB, MB or GB")]
    [InlineData("-1GB", 2, "--max-shard-size")]
    public void Convert_BadSize_IsAUsageError(string size, int expected, string message)
    {
        var (code, _, error) = CommandRunner.Run(
            "convert", "--model", Fixtures.Find("checkpoints/tiny-gpt2"), "--out", Path.Combine(_folder.Path, "x"),
            "--max-shard-size", size);
        Assert.Equal(expected, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_OtherFile_SaysWhatIsRead()
    {
        var path = Path.Combine(_folder.Path, "notes.txt");
        File.WriteAllText(path, "no model");
        var (code, _, error) = CommandRunner.Run("convert", "--model", path, "--out", Path.Combine(_folder.Path, "x"));
        Assert.Equal(1, code);
        Assert.Contains("expected a folder with a model", error, StringComparison.Ordinal);
    }
}
