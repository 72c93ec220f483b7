using System.Text.Json;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Inheritune.Tests.Support;

namespace Engine.Tests.Model;

/// <summary>
/// Every model folder under the fixture roots: logits, loss and gradients against results computed in double precision by an
/// independent implementation.
/// </summary>
public abstract class CheckpointGoldenSuite
{
    private const double LogitTolerance = 2e-5;
    private const double LossTolerance = 5e-6;
    private const double GradientTolerance = 1e-4;

    public static TheoryData<string> ExpectedFolders() => Folders("expected.json");

    public static TheoryData<string> WrittenFolders() => Folders("logits.json");

    /// <summary>Opens the tested device.</summary>
    protected abstract Device Open();

    [Theory]
    [MemberData(nameof(ExpectedFolders))]
    public void Folder_Expected_LogitsLossAndGradientsAgree(string folder)
    {
        using var device = Open();
        using var model = ModelFolder.Load(device, folder);
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        var root = expected.RootElement;
        Assert.Equal(root.GetProperty("parameter_count").GetInt64(), model.Table.ElementCount);

        using var gradients = new ParameterSet(device, model.Table);
        var sequences = Sequences(root);
        var predicted = sequences.Sum(s => s.Length - 1);
        var (loss, worst) = (0.0, 0.0);
        for (var i = 0; i < sequences.Count; i++)
        {
            worst = Math.Max(worst, AssertLogits(model, sequences[i], root.GetProperty("logits")[i], LogitTolerance));
            loss += Backward(model, sequences[i], gradients, accumulate: i > 0, predicted);
        }

        Assert.InRange(loss - root.GetProperty("loss").GetDouble(), -LossTolerance, LossTolerance);
        var worstGradient = AssertGradients(model, gradients, root.GetProperty("gradients"));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Path.GetFileName(folder)}: worst logit {worst:E1}, loss {loss - root.GetProperty("loss").GetDouble():E1}, "
            + $"gradient {worstGradient:E1} of its tolerance");
    }

    [Theory]
    [MemberData(nameof(WrittenFolders))]
    public void Folder_WrittenByTransformers_LogitsAndLossAgree(string folder)
    {
        using var device = Open();
        using var model = ModelFolder.Load(device, folder);
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "logits.json")));
        var root = expected.RootElement;
        Assert.Equal(root.GetProperty("parameter_count").GetInt64(), model.Table.ElementCount);

        var sequences = Sequences(root);
        var largest = root.GetProperty("logits").EnumerateArray().SelectMany(s => s.EnumerateArray())
            .SelectMany(r => r.EnumerateArray()).Max(v => Math.Abs(v.GetDouble()));
        var tolerance = 2e-5 * Math.Max(1, largest);
        var loss = 0.0;
        for (var i = 0; i < sequences.Count; i++)
        {
            AssertLogits(model, sequences[i], root.GetProperty("logits")[i], tolerance);
            using var pass = new DecoderPass(model, 1, sequences[i].Length, training: false);
            loss += pass.Loss(sequences[i], Targets(sequences[i])) * (sequences[i].Length - 1);
        }

        loss /= sequences.Sum(s => s.Length - 1);
        Assert.InRange(loss - root.GetProperty("loss").GetDouble(), -tolerance, tolerance);
    }

    private static double Backward(Decoder model, int[] tokens, ParameterSet gradients, bool accumulate, int predicted)
    {
        var share = (tokens.Length - 1f) / predicted;
        using var pass = new DecoderPass(model, 1, tokens.Length, training: true);
        pass.ForwardBackward(tokens, Targets(tokens), gradients, accumulate, share);
        return pass.ReadLoss() * share;
    }

    private static double AssertLogits(Decoder model, int[] tokens, JsonElement expected, double tolerance)
    {
        using var pass = new DecoderPass(model, 1, tokens.Length, training: false);
        pass.Forward(tokens, 1, tokens.Length);
        var logits = model.Device.AllocateTensor(DType.F32, tokens.Length, model.Config.VocabSize);
        pass.Logits(logits, 0, tokens.Length);
        var actual = logits.ToArray();
        logits.Memory.Dispose();
        var (index, worst) = (0, 0.0);
        foreach (var value in expected.EnumerateArray().SelectMany(row => row.EnumerateArray()))
        {
            var difference = Math.Abs(actual[index] - value.GetDouble());
            Assert.True(difference <= tolerance, $"logit {index}: {actual[index]} differs from {value} by {difference}");
            worst = Math.Max(worst, difference);
            index++;
        }

        Assert.Equal(actual.Length, index);
        return worst;
    }

    private static double AssertGradients(Decoder model, ParameterSet gradients, JsonElement expected)
    {
        var (seen, worst) = (0, 0.0);
        foreach (var property in expected.EnumerateObject())
        {
            Assert.True(CanonicalTensors.TryFind(model.Config, property.Name, out var tensor), property.Name);
            var actual = CanonicalTensors.ReadInFileOrientation(gradients, tensor);
            var l2 = property.Value.GetProperty("l2").GetDouble();
            var tolerance = GradientTolerance * l2 + 1e-6;
            double sumSquares = 0, sum = 0, dot = 0;
            for (var i = 0; i < actual.Length; i++)
            {
                sumSquares += (double)actual[i] * actual[i];
                sum += actual[i];
                dot += actual[i] * (i + 1.0);
            }

            Check(l2, Math.Sqrt(sumSquares), property.Name + " l2");
            Check(property.Value.GetProperty("sum").GetDouble(), sum, property.Name + " sum");
            Check(
                property.Value.GetProperty("dot_index").GetDouble(), dot / actual.Length, property.Name + " dot_index");
            var first = 0;
            foreach (var value in property.Value.GetProperty("first").EnumerateArray())
            {
                Check(value.GetDouble(), actual[first++], $"{property.Name} element {first - 1}");
            }

            seen++;

            void Check(double expectedValue, double actualValue, string what)
            {
                AssertClose(expectedValue, actualValue, tolerance, what);
                worst = Math.Max(worst, Math.Abs(expectedValue - actualValue) / tolerance);
            }
        }

        Assert.True(seen > 0, "expected.json: no gradients.");
        return worst;
    }

    private static void AssertClose(double expected, double actual, double tolerance, string what) => Assert.True(
        Math.Abs(expected - actual) <= tolerance, $"{what}: {actual}, expected {expected} within {tolerance}");

    private static List<int[]> Sequences(JsonElement root) =>
        [.. root.GetProperty("input_ids").EnumerateArray().Select(s => s.EnumerateArray().Select(t => t.GetInt32()).ToArray())];

    private static int[] Targets(int[] tokens) => [.. tokens[1..], Ops.IgnoredTarget];

    private static TheoryData<string> Folders(string fileName)
    {
        var data = new TheoryData<string>();
        foreach (var folder in Fixtures.FoldersWith("checkpoints", fileName)
            .Concat(Fixtures.FoldersWith("training", fileName)))
        {
            data.Add(folder);
        }

        return data;
    }
}
