using Inheritune.Engine.Checkpoints.LlmC;
using Inheritune.Engine.Files;
using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// Rewrites a model in another layout, element type or number of files, without a device: values stream from
/// file to file, then both files are compared. What is written appears whole or not at all.
/// </summary>
public static class ModelConverter
{
    private const int CompareElements = 1 << 18;

    /// <summary>Converts a model.</summary>
    /// <param name="options">What to convert and how.</param>
    /// <param name="progress">Told of each piece.</param>
    /// <param name="cancellation">Stops the work; nothing is left behind.</param>
    /// <exception cref="CheckpointException">
    /// The source cannot be read, the layout cannot express the model, or what was written differs.
    /// </exception>
    /// <exception cref="IOException">The output cannot be written or the disk is full.</exception>
    public static ConvertResult Convert(
        ConvertOptions options, Action<ConvertProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var source = ModelSource.Open(options.Source, new ModelLoadOptions { Strict = false, Warn = options.Warn });
        var dtype = options.DType ?? source.StoredTypes[0];
        var run = new Run(source, dtype, options, progress, cancellation);
        return options.Layout == ModelLayout.LlmC ? run.ToLlmC() : run.ToFolder();
    }

    private sealed class Run(
        ModelSource source, string dtype, ConvertOptions options, Action<ConvertProgress>? progress,
        CancellationToken cancellation)
    {
        private readonly ModelStream _values = new(source);
        private readonly IReadOnlyList<FileTensor> _targets = CanonicalTensors.For(source.Config);
        private long _done;
        private long _nonFinite;

        public ConvertResult ToFolder()
        {
            var tensors = _targets.Select(target => SafetensorsTensor.FromFloats(
                target.Name, dtype, Shape(target), Counted(_values.Values(target)))).ToList();
            var isForeign = ForeignModel.IsAt(options.Source);
            AtomicFolder.Write(options.Output, folder =>
            {
                ModelFolder.SaveTensors(source.Config, folder, () => tensors, new ModelSaveOptions
                {
                    DType = dtype,
                    ShardBytes = options.ShardBytes,
                    SourceConfig = isForeign ? null : ModelFolder.ReadConfigJson(options.Source),
                });
                ModelCompanions.Write(isForeign ? null : options.Source, folder);
                Compare(folder);
            });
            return Result(Directory.GetFiles(options.Output));
        }

        public ConvertResult ToLlmC()
        {
            // Written beside its place first, so that a file that fails the comparison never has the name.
            var path = Path.GetFullPath(options.Output);
            var folder = path + ".converting-" + Guid.NewGuid().ToString("N")[..12];
            var temporary = Path.Combine(folder, Path.GetFileName(path));
            LlmcModelWriter.RequireExpressible(source.Config, dtype);
            Directory.CreateDirectory(folder);
            try
            {
                LlmcModelWriter.Write(temporary, source.Config, dtype, target => Counted(_values.Values(target)));
                Compare(temporary);
                File.Move(temporary, path, overwrite: true);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }

            return Result([path]);
        }

        private ConvertResult Result(string[] files)
        {
            var weights = files.Where(file => !file.EndsWith(".json", StringComparison.Ordinal)
                && !file.EndsWith(".txt", StringComparison.Ordinal) && !file.EndsWith(".model", StringComparison.Ordinal));
            return new ConvertResult(
                source.Config.Family, source.Format, _targets.Count, ParameterTable.For(source.Config).ElementCount,
                dtype, weights.Sum(file => new FileInfo(file).Length),
                [.. files.Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)], _done, _nonFinite);
        }

        /// <summary>Reads back what was written and compares it with the source, rounded as it was.</summary>
        private void Compare(string written)
        {
            _done = 0;
            using var result = ModelSource.Open(written, new ModelLoadOptions());
            var back = new ModelStream(result);
            float[] left = new float[CompareElements], right = new float[CompareElements];
            var bytes = new byte[CompareElements * sizeof(float)];
            foreach (var target in _targets)
            {
                FloatSource ours = _values.Values(target), theirs = back.Values(target);
                for (long first = 0; first < target.Shape.Count; first += CompareElements)
                {
                    var count = (int)Math.Min(CompareElements, target.Shape.Count - first);
                    ours(first, left.AsSpan(0, count));
                    FloatFormats.Encode(dtype, left.AsSpan(0, count), bytes);
                    FloatFormats.Decode(dtype, bytes, left.AsSpan(0, count));
                    theirs(first, right.AsSpan(0, count));
                    Require(target, left.AsSpan(0, count), right.AsSpan(0, count));
                    Report("checking", count);
                }
            }
        }

        private void Require(FileTensor target, ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
        {
            for (var i = 0; i < expected.Length; i++)
            {
                if (BitConverter.SingleToUInt32Bits(expected[i]) != BitConverter.SingleToUInt32Bits(found[i]))
                {
                    throw new CheckpointException(
                        $"Convert {options.Output}: tensor '{target.Name}': expected {expected[i]:R} when read back, "
                        + $"got {found[i]:R}. The disk or the memory of this machine is faulty.");
                }

                _nonFinite += float.IsFinite(expected[i]) ? 0 : 1;
            }
        }

        private FloatSource Counted(FloatSource values) => (first, destination) =>
        {
            values(first, destination);
            Report("writing", destination.Length);
        };

        private void Report(string stage, int count)
        {
            cancellation.ThrowIfCancellationRequested();
            _done += count;
            progress?.Invoke(new ConvertProgress(stage, _done, _targets.Sum(target => target.Shape.Count)));
        }

        private static long[] Shape(FileTensor tensor)
        {
            var shape = new long[tensor.Shape.Rank];
            for (var i = 0; i < shape.Length; i++)
            {
                shape[i] = tensor.Shape[i];
            }

            return shape;
        }
    }
}
