using System.Collections;
using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>
/// Every parameter of a model, in the order of the arena: token and position tables, projections, matrices of
/// linear layers,
/// norms, biases. Tensors that decay are contiguous, so the optimizer runs over a few long segments.
/// </summary>
public sealed class ParameterTable : IReadOnlyList<Parameter>
{
    private const long Alignment = 64;
    private readonly List<Parameter> _parameters = [];
    private readonly Dictionary<string, Parameter> _byName = new(StringComparer.Ordinal);

    private ParameterTable(DecoderConfig config)
    {
        Config = config;
    }

    /// <summary>The model that the table describes.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Unique parameters, without the padding of the arena.</summary>
    public long ElementCount { get; private set; }

    /// <summary>
    /// Elements of the arena: every parameter starts at a multiple of 64; the token table and the head have
    /// <see cref="DecoderConfig.PaddedVocabulary"/> rows, those behind V are padding.
    /// </summary>
    public long ArenaElements { get; private set; }

    /// <inheritdoc/>
    public int Count => _parameters.Count;

    /// <inheritdoc/>
    public Parameter this[int index] => _parameters[index];

    /// <summary>The parameter with a canonical name.</summary>
    /// <exception cref="KeyNotFoundException">The model has no such parameter.</exception>
    public Parameter this[string name] => _byName.TryGetValue(name, out var parameter)
        ? parameter
        : throw new KeyNotFoundException($"ParameterTable: '{name}': the model has no such parameter.");

    /// <summary>Lists the parameters of <paramref name="config"/>.</summary>
    public static ParameterTable For(DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        var table = new ParameterTable(config);
        table.AddEmbeddings();
        for (var layer = 0; layer < config.Layers; layer++)
        {
            table.AddMatrices(layer);
        }

        for (var layer = 0; layer < config.Layers; layer++)
        {
            table.AddNorm($"h.{layer}.norm1", layer, config.Hidden);
            table.AddNorm($"h.{layer}.norm2", layer, config.Hidden);
            if (config.QkNorm)
            {
                table.AddNorm($"h.{layer}.q_norm", layer, config.Heads * config.HS);
                table.AddNorm($"h.{layer}.k_norm", layer, config.NKV * config.HS);
            }
        }

        if (config.FinalNorm)
        {
            table.AddNorm("norm_f", -1, config.Hidden);
        }

        for (var layer = 0; layer < config.Layers; layer++)
        {
            table.AddBiases(layer);
        }

        return table;
    }

    /// <summary>True if the model has the parameter.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>True if weight decay applies to <paramref name="parameter"/>.</summary>
    public static bool Decays(Parameter parameter, DecayRule rule)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return rule == DecayRule.Matrix
            ? parameter.Shape.Rank == 2
            : parameter.Role is ParameterRole.Linear or ParameterRole.ResidualLinear or ParameterRole.Head
                or ParameterRole.EmbeddingProjection;
    }

    /// <summary>Contiguous runs of the arena that decay or do not; together they cover it.</summary>
    public IReadOnlyList<ParameterSegment> Segments(DecayRule rule)
    {
        var segments = new List<ParameterSegment>();
        for (var i = 0; i < Count; i++)
        {
            var decays = Decays(_parameters[i], rule);
            var end = i + 1 < Count ? _parameters[i + 1].Offset : ArenaElements;
            if (segments.Count > 0 && segments[^1].Decays == decays)
            {
                segments[^1] = segments[^1] with { Count = end - segments[^1].Offset };
            }
            else
            {
                segments.Add(new ParameterSegment(_parameters[i].Offset, end - _parameters[i].Offset, decays));
            }
        }

        return segments;
    }

    /// <inheritdoc/>
    public IEnumerator<Parameter> GetEnumerator() => _parameters.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void AddEmbeddings()
    {
        var (c, e) = (Config.Hidden, Config.E);
        Add("wte", new Shape(Config.VocabSize, e), -1, ParameterRole.TokenEmbedding);
        if (Config.Position == PositionKind.Learned)
        {
            var rows = Config.MaxPositions + Config.PositionOffset;
            Add("wpe", new Shape(rows, c), -1, ParameterRole.PositionEmbedding);
        }

        if (e != c)
        {
            Add("proj_in.weight", new Shape(c, e), -1, ParameterRole.EmbeddingProjection);
            Add("proj_out.weight", new Shape(e, c), -1, ParameterRole.EmbeddingProjection);
        }

        if (!Config.Tied)
        {
            Add("head.weight", new Shape(Config.VocabSize, e), -1, ParameterRole.Head);
        }
    }

    private void AddMatrices(int layer)
    {
        var (c, f, qkv) = (Config.Hidden, Config.F, (Config.Heads + 2 * Config.NKV) * Config.HS);
        Add($"h.{layer}.qkv.weight", new Shape(qkv, c), layer, ParameterRole.Linear);
        Add($"h.{layer}.o.weight", new Shape(c, Config.Heads * Config.HS), layer, ParameterRole.ResidualLinear);
        Add(
            Config.GatedMlp ? $"h.{layer}.gate_up.weight" : $"h.{layer}.up.weight",
            new Shape(Config.GatedMlp ? 2 * f : f, c), layer, ParameterRole.Linear);
        Add($"h.{layer}.down.weight", new Shape(c, f), layer, ParameterRole.ResidualLinear);
    }

    private void AddBiases(int layer)
    {
        if (Config.BiasQkv)
        {
            AddVector($"h.{layer}.qkv.bias", (Config.Heads + 2 * Config.NKV) * Config.HS, layer, ParameterRole.Bias);
        }

        if (Config.BiasOut)
        {
            AddVector($"h.{layer}.o.bias", Config.Hidden, layer, ParameterRole.Bias);
        }

        if (Config.BiasMlp)
        {
            var width = Config.GatedMlp ? 2 * Config.F : Config.F;
            AddVector(Config.GatedMlp ? $"h.{layer}.gate_up.bias" : $"h.{layer}.up.bias", width, layer, ParameterRole.Bias);
            AddVector($"h.{layer}.down.bias", Config.Hidden, layer, ParameterRole.Bias);
        }
    }

    private void AddNorm(string name, int layer, int width)
    {
        if (Config.NormAffine)
        {
            AddVector(name + ".weight", width, layer, ParameterRole.NormWeight);
            if (Config.NormBias)
            {
                AddVector(name + ".bias", width, layer, ParameterRole.NormBias);
            }
        }
    }

    private long PaddedCount(Parameter parameter) => parameter.Role is ParameterRole.TokenEmbedding or ParameterRole.Head
        ? checked(Config.PaddedVocabulary * parameter.Shape[1])
        : parameter.Shape.Count;

    private void AddVector(string name, int size, int layer, ParameterRole role) => Add(name, new Shape(size), layer, role);

    private void Add(string name, Shape shape, int layer, ParameterRole role)
    {
        var parameter = new Parameter(name, shape, layer, role, ArenaElements);
        _parameters.Add(parameter);
        _byName.Add(name, parameter);
        ElementCount = checked(ElementCount + shape.Count);
        ArenaElements = checked((ArenaElements + PaddedCount(parameter) + Alignment - 1) / Alignment * Alignment);
    }
}
