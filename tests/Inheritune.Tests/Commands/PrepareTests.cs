using Inheritune.Tests.Cli;
using Inheritune.Tests.Runs;
using Inheritune.Tests.Support;

namespace Inheritune.Tests.Commands;

public sealed class PrepareTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Prepare_FolderOfEveryKind_SaysWhatWasLeftOut()
    {
        var (code, text, error) = Run("--data", Fixtures.Find("data/tree"), "--text-column", "text", "--skip-bad-records");
        Assert.True(code == 0, error);
        Assert.Contains("5 files of other kinds", text, StringComparison.Ordinal);
        Assert.Contains("bad records", text, StringComparison.Ordinal);
        Assert.Contains("written:", text, StringComparison.Ordinal);
        (code, text, _) = Run("--data", Fixtures.Find("data/tree"), "--text-column", "text", "--skip-bad-records");
        Assert.Equal(0, code);
        Assert.Contains("prepared before", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_OwnShards_AreTakenWithTheirTokenizer()
    {
        var source = TextFile.Write(_folder.Path);
        Assert.Equal(0, Run("--data", source, "--separator", "end-after").Code);
        var (code, _, error) = CommandRunner.Run(
            "prepare", "--data", Path.Combine(_folder.Path, "out", "train.bin"), "--out",
            Path.Combine(_folder.Path, "again"), "--tokenizer", Path.Combine(_folder.Path, "out"), "--separator", "end-after");
        Assert.True(code == 0, error);
        Assert.True(File.Exists(Path.Combine(_folder.Path, "again", "manifest.json")));
    }

    [Theory]
    [InlineData("refuse-missing.parquet", "--text-column")]
    [InlineData("refuse-encrypted-footer.parquet", "encrypted")]
    public void Prepare_UnreadableParquet_IsOneLineAndLeavesNothing(string name, string message)
    {
        var (code, _, error) = Run("--data", Fixtures.Find("data/parquet/" + name));
        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.TrimEnd());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private (int Code, string Out, string Error) Run(params string[] arguments) => CommandRunner.Run(
        ["prepare", .. arguments, "--out", Path.Combine(_folder.Path, "out"), "--vocab-size", "300"]);
}
