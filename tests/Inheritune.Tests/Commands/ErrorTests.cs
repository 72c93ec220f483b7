using Inheritune.Tests.Cli;
using Inheritune.Tests.Runs;

namespace Inheritune.Tests.Commands;

/// <summary>
/// Everything that can be wrong outside the program: one clear line, exit code 1 or 2, nothing half-written.
/// </summary>
public sealed class ErrorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Data_MissingOrEmptyOrBinary_Named()
    {
        File.WriteAllBytes(In("empty.txt"), []);
        File.WriteAllBytes(In("binary.txt"), [0x89, 0, 1, 2, 0, 0, 3]);
        File.WriteAllText(In("broken.jsonl"), "{\"text\": \"good\"}\n{\"text\": ");

        Fails(1, "missing.txt", "prepare", "--data", In("missing.txt"), "--out", In("a"));
        Fails(1, "expected at least one document", "prepare", "--data", In("empty.txt"), "--out", In("b"));
        Fails(1, "binary.txt", "prepare", "--data", In("binary.txt"), "--out", In("c"));
        Fails(1, "broken.jsonl", "prepare", "--data", In("broken.jsonl"), "--out", In("d"));
        Assert.All(new[] { "a", "b", "c", "d" }, f => Assert.False(
            Directory.Exists(In(f))
                && Directory.EnumerateFileSystemEntries(In(f), "*", SearchOption.AllDirectories).Any(), f));
    }

    [Fact]
    public void Data_TooSmallForTheValidationSplit_Named()
    {
        var text = TextFile.Write(_folder.Path, documents: 12);

        var error = Fails(
            1, "validation", "run", "--preset", "smoke", "--data", text, "--out", In("run"),
            "--final-batches", "5000");

        Assert.Contains("expected at least", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Shard_VocabularyAboveTheModels_Named()
    {
        Prepare(320);
        var error = Fails(1, "V=65", "train", "--out", In("t"), "--data", In("data"), "--model", "char", "--seq", "16",
            "--steps", "2");

        Assert.Contains("train.bin: token", error, StringComparison.Ordinal);
        Assert.False(File.Exists(In("t/log.jsonl")));
    }

    [Fact]
    public void Train_ModelThatDoesNotFit_SaysWhatIsPlannedAndFreeBeforeAnythingIsAllocated()
    {
        Prepare(320);
        var error = Fails(
            1, "Model does not fit: planned ", "train", "--device", "cpu", "--out", In("t"), "--data", In("data"), "--model",
            "gpt2-xl", "--batch", "4096", "--seq", "1024", "--steps", "2");

        Assert.Contains("free", error, StringComparison.Ordinal);
        Assert.Contains("add --recompute block", error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Run_CorrectedAfterAMistypedPath_GoesOn()
    {
        var text = TextFile.Write(_folder.Path, documents: 200);
        Fails(1, "mistyped.txt", "run", "--preset", "smoke", "--data", In("mistyped.txt"), "--out", In("run"));
        Fails(1, "too-few", "run", "--preset", "smoke", "--data", In("too-few.txt"), "--out", In("run"));

        Assert.Equal(0, CommandRunner.Run("run", "--preset", "smoke", "--data", text, "--out", In("run"),
            "--steps", "4", "--warmup", "1").Code);

        Fails(1, "steps is 4 there and 5 here", "run", "--preset", "smoke", "--data", text, "--out", In("run"),
            "--steps", "5", "--warmup", "1");
    }

    [Fact]
    public void Train_UnknownPreset_LeavesNoFolder()
    {
        Fails(2, "nearest preset is gpt2", "train", "--model", "gpt9", "--out", In("t"));
        Assert.False(Directory.Exists(In("t")));
    }

    [Fact]
    public void Shard_Truncated_Named()
    {
        Prepare(300);
        var shard = Directory.EnumerateFiles(In("data"), "*train*.bin").First();
        File.WriteAllBytes(shard, File.ReadAllBytes(shard)[..^7]);

        Fails(1, Path.GetFileName(shard), Train("t"));
    }

    [Fact]
    public void Checkpoint_Damaged_Named()
    {
        Prepare(300);
        Assert.Equal(0, CommandRunner.Run(Train("t")).Code);
        var weights = Directory.EnumerateFiles(In("t"), "model.safetensors", SearchOption.AllDirectories)
            .Order().Last();
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..100]);

        Fails(1, "model.safetensors", "generate", "--model", Path.GetDirectoryName(weights)!);
        Fails(1, "model.safetensors", "inherit", "--from", Path.GetDirectoryName(weights)!, "--out",
            In("child"));
        Fails(1, "no complete checkpoint", "generate", "--model", In("t"));
        Assert.False(Directory.Exists(In("child")));
    }

    [Fact]
    public void Folder_Unwritable_Named()
    {
        File.WriteAllText(In("file"), "");

        Fails(1, "--out", "run", "--preset", "smoke", "--out", "/proc/inheritune");
        Fails(1, "is a file", "run", "--preset", "smoke", "--out", In("file"));
        Directory.CreateDirectory(In("photos"));
        File.WriteAllText(In("photos", "a.jpg"), "");
        Fails(1, "holds other files", "run", "--preset", "smoke", "--out", In("photos"));
    }

    [Fact]
    public void Folder_HeldByAnotherProcess_Named()
    {
        Directory.CreateDirectory(In("held"));
        using var held = new FileStream(
            In("held", "run.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        Fails(1, "going on elsewhere", "run", "--preset", "smoke", "--out", In("held"));
    }

    [Fact]
    public void Run_DamagedResult_Named()
    {
        var text = TextFile.Write(_folder.Path, documents: 12);
        Fails(1, "validation", "run", "--preset", "smoke", "--data", text, "--out", In("r"),
            "--final-batches", "5000");
        File.WriteAllText(In("r", "result.json"), "{ \"stages\": [");

        Fails(1, "result.json", "run", "--preset", "smoke", "--data", text, "--out", In("r"),
            "--final-batches", "5000");
    }

    [Theory]
    [InlineData(1, "no-such-folder", "generate", "--model", "no-such-folder")]
    [InlineData(2, "--model: is missing", "generate")]
    [InlineData(2, "nearest preset is gpt2", "train", "--model", "gpt-2")]
    [InlineData(2, "expected one or more folders", "report")]
    [InlineData(1, "no result.json", "report", "no-such-folder")]
    [InlineData(2, "--from: is missing", "inherit")]
    [InlineData(1, "expected auto, cpu, cuda", "doctor", "--device", "gpu:0")]
    public void Verb_WrongArgument_Named(int code, string expected, params string[] args) =>
        Fails(code, expected, args);

    [Fact]
    public void Inherit_TooManyLayersOrTwoSelections_Named()
    {
        Prepare(300);
        Assert.Equal(0, CommandRunner.Run(Train("t")).Code);

        Fails(2, "--layers: expected at most 1", "inherit", "--from", In("t"), "--out", In("c"), "--layers",
            "3");
        Fails(2, "excludes", "inherit", "--from", In("t"), "--out", In("c"), "--layers", "1", "--list", "0");
        Fails(2, "--range: expected a..b", "inherit", "--from", In("t"), "--out", In("c"), "--range", "3");
        Fails(1, "positions", [.. Train("u"), "--model", In("t"), "--seq", "256"]);
    }

    private string In(params ReadOnlySpan<string> parts) => _folder.In(parts);

    private void Prepare(int vocabSize) => Assert.Equal(0, CommandRunner.Run(
        "prepare", "--data", TextFile.Write(_folder.Path), "--out", In("data"), "--vocab-size",
        $"{vocabSize}",
        "--validation-share", "0.1").Code);

    private string[] Train(string name) =>
    [
        "train", "--out", In(name), "--data", In("data"), "--width", "16", "--heads", "2", "--layers", "1",
        "--batch", "2",
        "--steps", "2", "--warmup", "0", "--eval-batches", "1", "--threads", "1",
    ];

    private static string Fails(int expectedCode, string expected, params string[] args)
    {
        var (code, _, error) = CommandRunner.Run(args);
        Assert.True(code == expectedCode, $"{string.Join(' ', args)}: exit code {code}: {error}");
        Assert.Contains(expected, error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("unexpected fault", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        return error;
    }
}
