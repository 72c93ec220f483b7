using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Analysis;

/// <summary>What a model computes for sequences of tokens: logits, log-probabilities, loss, gradients.</summary>
internal sealed class TokenScores
{
    private const int FirstElements = 6;

    private readonly Decoder _model;
    private readonly List<(int[] Ids, float[][] Logits, double[] LogProbabilities)> _sequences = [];
    private readonly List<TensorSummary> _gradients = [];

    private TokenScores(Decoder model) => _model = model;

    /// <summary>Mean of −ln p(next token) over all predicted positions of all sequences; NaN where there is none.</summary>
    public double Loss { get; private set; } = double.NaN;

    /// <summary>Runs the model over each sequence by itself.</summary>
    public static TokenScores Compute(
        Decoder model, IReadOnlyList<int[]> sequences, bool withGradients, CancellationToken stop)
    {
        var scores = new TokenScores(model);
        foreach (var ids in sequences)
        {
            stop.ThrowIfCancellationRequested();
            scores.Forward(ids);
        }

        var predicted = sequences.Sum(ids => ids.Length - 1);
        if (predicted > 0)
        {
            scores.Loss = -scores._sequences.Sum(s => s.LogProbabilities.Sum()) / predicted;
        }

        if (withGradients && predicted > 0)
        {
            scores.Backward(predicted, stop);
        }

        return scores;
    }

    /// <summary>Everything as one JSON object.</summary>
    /// <param name="rows">Positions whose logits are written: "all", "last", "none".</param>
    public string ToJson(string rows)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("model_type", _model.Config.Family);
            json.WriteNumber("parameter_count", _model.Table.ElementCount);
            json.WriteNumber("layers", _model.Config.Layers);
            Number(json, "loss", Loss);
            Lists(json, "input_ids", s => Raw(s.Ids.Select(id => $"{id}")));
            Lists(json, "log_probabilities", s => Raw(s.LogProbabilities.Select(Text)));
            if (rows != "none")
            {
                Lists(json, "logits", s => Raw((rows == "last" ? s.Logits[^1..] : s.Logits)
                    .Select(row => Raw(row.Select(Text)))));
            }

            if (_gradients.Count > 0)
            {
                WriteGradients(json);
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private void Forward(int[] ids)
    {
        var vocabulary = _model.Config.VocabSize;
        using var pass = new DecoderPass(_model, 1, ids.Length, training: false);
        pass.Forward(ids, 1, ids.Length);
        var row = _model.Device.AllocateTensor(DType.F32, 1, vocabulary);
        using var memory = row.Memory;
        var (logits, logProbabilities) = (new float[ids.Length][], new double[ids.Length - 1]);
        for (var p = 0; p < ids.Length; p++)
        {
            pass.Logits(row, p, 1);
            logits[p] = row.ToArray();
            if (p + 1 < ids.Length)
            {
                logProbabilities[p] = logits[p][ids[p + 1]] - LogSumExp(logits[p]);
            }
        }

        _sequences.Add((ids, logits, logProbabilities));
    }

    private void Backward(int predicted, CancellationToken stop)
    {
        using var gradients = new ParameterSet(_model.Device, _model.Table);
        foreach (var (ids, _, _) in _sequences.Where(s => s.Ids.Length > 1))
        {
            stop.ThrowIfCancellationRequested();
            using var pass = new DecoderPass(_model, 1, ids.Length, training: true);
            var share = (ids.Length - 1f) / predicted;
            pass.ForwardBackward(ids, [.. ids[1..], Ops.IgnoredTarget], gradients, accumulate: true, share);
        }

        foreach (var tensor in CanonicalTensors.For(_model.Config))
        {
            _gradients.Add(TensorSummary.Of(tensor.Name, CanonicalTensors.ReadInFileOrientation(gradients, tensor)));
        }
    }

    private void WriteGradients(Utf8JsonWriter json)
    {
        Number(json, "gradient_norm", Math.Sqrt(_gradients.Sum(g => g.L2 * g.L2)));
        json.WriteStartObject("gradients");
        foreach (var gradient in _gradients)
        {
            json.WriteStartObject(gradient.Name);
            Number(json, "l2", gradient.L2);
            Number(json, "sum", gradient.Sum);
            Number(json, "dot_index", gradient.DotIndex);
            json.WritePropertyName("first");
            json.WriteRawValue(Raw(gradient.First.Select(Text)));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void Lists(Utf8JsonWriter json, string name, Func<(int[] Ids, float[][] Logits, double[] LogProbabilities), string> text)
    {
        json.WriteStartArray(name);
        foreach (var sequence in _sequences)
        {
            json.WriteRawValue(text(sequence));
        }

        json.WriteEndArray();
    }

    private static double LogSumExp(float[] logits)
    {
        double largest = logits.Max();
        return largest + Math.Log(logits.Sum(v => Math.Exp(v - largest)));
    }

    private static string Raw(IEnumerable<string> values) => "[" + string.Join(", ", values) + "]";

    /// <summary>Shortest text that reads back; JSON has no word for what is not a number.</summary>
    private static string Text(float value) =>
        float.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "null";

    private static string Text(double value) =>
        double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "null";

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(Text(value));
    }

    /// <summary>One tensor in a few numbers, in the orientation of the file.</summary>
    /// <param name="Name">Name in the file.</param>
    /// <param name="L2">√Σg².</param>
    /// <param name="Sum">Σg.</param>
    /// <param name="DotIndex">Σ g_i (i + 1), divided by the number of elements.</param>
    /// <param name="First">The first elements.</param>
    private sealed record TensorSummary(string Name, double L2, double Sum, double DotIndex, float[] First)
    {
        public static TensorSummary Of(string name, float[] values)
        {
            double squares = 0, sum = 0, dot = 0;
            for (var i = 0; i < values.Length; i++)
            {
                squares += (double)values[i] * values[i];
                sum += values[i];
                dot += values[i] * (i + 1.0);
            }

            return new TensorSummary(
                name, Math.Sqrt(squares), sum, dot / Math.Max(1, values.Length), values[..Math.Min(FirstElements, values.Length)]);
        }
    }
}
