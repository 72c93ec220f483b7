using System.Buffers;
using System.Text.Json;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Training;

/// <summary>
/// log.jsonl of a run: a line per step and one per evaluation, each written at once. One process holds it at
/// a time. Opening cuts off what came after the step that the run goes on from, a half-written last line
/// included, so that the lines of a resumed run are those of an uninterrupted one.
/// </summary>
internal sealed class RunLog : IDisposable
{
    public const string FileName = "log.jsonl";

    private const string LockName = ".lock";

    private readonly FileStream _stream;
    private readonly FileStream _held;
    private readonly ArrayBufferWriter<byte> _line = new(512);
    private readonly Utf8JsonWriter _json;

    private RunLog(FileStream stream, FileStream held)
    {
        _stream = stream;
        _held = held;
        _json = new Utf8JsonWriter(_line);
    }

    /// <summary>Steps done before the last evaluation in the log, or -1.</summary>
    public long LastEvaluation { get; private set; } = -1;

    /// <summary>Its loss, or NaN.</summary>
    public double LastValidationLoss { get; private set; } = double.NaN;

    /// <summary>Train lines kept when the log was opened.</summary>
    public long KeptSteps { get; private set; }

    /// <summary>Opens or creates the log of a run and holds it for this process.</summary>
    /// <exception cref="TrainingException">Another process writes it.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static RunLog Open(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Explain(path, e);
        }

        // A file of its own is locked, so that others can still read the log. It stays: deleting it would
        // race. The system drops the lock of a killed process.
        var held = Hold(path, Path.Combine(folder, LockName));
        try
        {
            var stream = new FileStream(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            return new RunLog(stream, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            throw FileErrors.Explain(path, e);
        }
    }

    /// <summary>
    /// Keeps the lines of steps before <paramref name="step"/> and of evaluations up to it.
    /// </summary>
    public void Truncate(long step)
    {
        (LastEvaluation, LastValidationLoss, KeptSteps) = (-1, double.NaN, 0);
        _stream.Position = 0;
        var bytes = new byte[checked((int)_stream.Length)];
        _stream.ReadExactly(bytes);
        var kept = 0;
        while (bytes.AsSpan(kept).IndexOf((byte)'\n') is var length and >= 0)
        {
            if (!Keeps(bytes.AsSpan(kept, length), step))
            {
                break;
            }

            kept += length + 1;
        }

        _stream.SetLength(kept);
        _stream.Position = kept;
    }

    public void WriteStep(in StepResult result)
    {
        Begin(result.Step);
        WriteFinite("loss", result.Loss);
        _json.WriteNumber("lr", result.LearningRate);
        WriteFinite("grad_norm", result.GradientNorm);
        WriteFinite("clip", result.ClipFactor);
        _json.WriteNumber("tokens", result.Tokens);
        if (result.Skipped)
        {
            _json.WriteBoolean("skipped", true);
        }

        _json.WriteNumber("ms", Math.Round(result.Milliseconds, 3));
        End();
    }

    public void WriteEvaluation(long step, double loss, double standardError, int batches, long tokens)
    {
        Begin(step);
        WriteFinite("validation_loss", loss);
        WriteFinite("standard_error", standardError);
        _json.WriteNumber("batches", batches);
        _json.WriteNumber("tokens", tokens);
        End();
        (LastEvaluation, LastValidationLoss) = (step, loss);
    }

    /// <summary>Forces what was written to the disk, before a checkpoint counts on it.</summary>
    public void FlushToDisk() => _stream.Flush(flushToDisk: true);

    public void Dispose()
    {
        _json.Dispose();
        _stream.Dispose();
        _held.Dispose();
    }

    private static FileStream Hold(string logPath, string lockPath)
    {
        try
        {
            return new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None,
                bufferSize: 0);
        }
        catch (IOException e) when (File.Exists(lockPath))
        {
            throw new TrainingException(
                $"{logPath}: expected to be the only process that writes it, got another one. "
                + "The same run is going on elsewhere. Stop it, or choose another folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Explain(lockPath, e);
        }
    }

    private bool Keeps(ReadOnlySpan<byte> line, long limit)
    {
        long? step = null;
        double? validation = null;
        try
        {
            var reader = new Utf8JsonReader(line);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                {
                    var isStep = reader.ValueTextEquals("step"u8);
                    var isValidation = reader.ValueTextEquals("validation_loss"u8);
                    reader.Read();
                    step = isStep ? reader.GetInt64() : step;
                    validation = !isValidation ? validation
                        : reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }

        if (step is null || step > limit || (step == limit && validation is null))
        {
            return false;
        }

        if (validation is { } loss)
        {
            (LastEvaluation, LastValidationLoss) = (step.Value, loss);
        }
        else
        {
            KeptSteps++;
        }

        return true;
    }

    private void Begin(long step)
    {
        _line.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteNumber("step", step);
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _line.GetSpan(1)[0] = (byte)'\n';
        _line.Advance(1);
        try
        {
            _stream.Write(_line.WrittenSpan);
        }
        catch (IOException e) when (FileErrors.IsDiskFull(e))
        {
            throw FileErrors.Explain(_stream.Name, e);
        }
    }

    private void WriteFinite(string name, double value)
    {
        if (double.IsFinite(value))
        {
            _json.WriteNumber(name, value);
        }
        else
        {
            _json.WriteNull(name);
        }
    }
}
