using System.Text.Json.Nodes;
using Inheritune.Engine.Model;

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
    /// <exception cref="CheckpointException">The family cannot express a field.</exception>
    public abstract void Write(DecoderConfig config, ConfigWriter json);

    /// <summary>Tensors of a complete file, with prefix, in model order.</summary>
    public abstract IEnumerable<FileTensor> Tensors(DecoderConfig config);

    /// <summary>Buffers of old files that carry nothing; the name has no prefix.</summary>
    public abstract bool IsIgnored(string name);

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
