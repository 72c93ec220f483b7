using System.Text.Json.Nodes;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>
/// A dialect of config.json and tensor names. A new family is one subclass with its name table, listed in
/// <see cref="ModelFamilies"/>.
/// </summary>
internal abstract class ModelFamily
{
    /// <summary>"model_type".</summary>
    public abstract string ModelType { get; }

    /// <summary>Class of the transformers library, for "architectures".</summary>
    public abstract string Architecture { get; }

    /// <summary>Base prefix of the tensor names: "transformer.".</summary>
    public abstract string Prefix { get; }

    /// <summary>Token table without prefix: its name tells whether a file uses the prefix.</summary>
    public abstract string TokenTable { get; }

    /// <summary>Name of the head, never prefixed.</summary>
    public virtual string Head => "lm_head.weight";

    /// <summary>config.json → configuration.</summary>
    public abstract DecoderConfig Read(ConfigReader json);

    /// <summary>Configuration → the family's keys of config.json; other keys are left alone.</summary>
    public abstract void Write(DecoderConfig config, ConfigWriter json);

    /// <summary>Tensors of a complete file, with prefix, in model order.</summary>
    public abstract IEnumerable<FileTensor> Tensors(DecoderConfig config);

    /// <summary>Another name that files of this model type use for a tensor, or the name itself.</summary>
    public virtual string Alias(string name) => name;

    /// <summary>
    /// What this configuration uses and the class of the transformers library ignores: empty where both compute
    /// the same.
    /// </summary>
    public virtual IEnumerable<string> NotInTransformers(DecoderConfig config) => [];

    /// <summary>Buffers of old files that carry nothing; the name has no prefix.</summary>
    public abstract bool IsIgnored(string name);

    /// <summary>(rows, columns), whole canonical rows from <paramref name="firstRow"/> on.</summary>
    protected FileTensor Matrix(string name, long rows, long columns, string parameter, long firstRow = 0) =>
        new(Prefix + name, new Shape(rows, columns), parameter, firstRow, rows);

    /// <summary>(count), canonical elements from <paramref name="first"/> on.</summary>
    protected FileTensor Vector(string name, long count, string parameter, long first = 0) =>
        new(Prefix + name, new Shape(count), parameter, first, count);

    /// <summary>Weight and bias of a norm, where the model has them.</summary>
    protected IEnumerable<FileTensor> Norm(DecoderConfig config, string name, long width, string parameter)
    {
        if (config.NormAffine)
        {
            yield return Vector(name + ".weight", width, parameter + ".weight");
            if (config.NormBias)
            {
                yield return Vector(name + ".bias", width, parameter + ".bias");
            }
        }
    }

    /// <summary>Weight and bias of a linear layer, rows from <paramref name="firstRow"/> on.</summary>
    protected IEnumerable<FileTensor> Linear(
        string name, long rows, long columns, bool hasBias, string parameter, long firstRow = 0)
    {
        yield return Matrix(name + ".weight", rows, columns, parameter + ".weight", firstRow);
        if (hasBias)
        {
            yield return Vector(name + ".bias", rows, parameter + ".bias", firstRow);
        }
    }

    /// <summary>The head, where it is not the token table.</summary>
    protected IEnumerable<FileTensor> UntiedHead(DecoderConfig config)
    {
        if (!config.Tied)
        {
            yield return new FileTensor(
                Head, new Shape(config.VocabSize, config.E), "head.weight", 0, config.VocabSize);
        }
    }

    /// <summary>Splits "h.3.attn.bias" into block and rest; false for another form.</summary>
    protected static bool TrySplitBlock(string name, string start, out ReadOnlySpan<char> rest)
    {
        rest = default;
        if (!name.StartsWith(start, StringComparison.Ordinal))
        {
            return false;
        }

        var tail = name.AsSpan(start.Length);
        var dot = tail.IndexOf('.');
        if (dot <= 0 || tail[..dot].ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        rest = tail[(dot + 1)..];
        return true;
    }
}
