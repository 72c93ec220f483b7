using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints.LlmC;

/// <summary>
/// Order of the tensors of llm.c's GPT-2 files: each kind stacked over the layers, matrices (out, in), the
/// token table padded with rows of 0. Model files hold weights in it, debug states gradients.
/// </summary>
internal static class LlmcLayout
{
    /// <summary>
    /// The tensors with their first elements counted from the first of the file, under the names of the
    /// transformers library, layer by layer.
    /// </summary>
    /// <param name="config">A GPT-2 model.</param>
    /// <param name="padded">Rows of the token table in the file.</param>
    /// <param name="count">Elements of all tensors.</param>
    public static List<(FileTensor Tensor, long First)> Gpt2(DecoderConfig config, int padded, out long count)
    {
        long c = config.Hidden, v = config.VocabSize, t = config.MaxPositions;
        var result = new List<(FileTensor, long)>
        {
            (Matrix("transformer.wte.weight", "wte", v, c), 0),
            (Matrix("transformer.wpe.weight", "wpe", t, c), checked(padded * c)),
        };
        var next = checked((padded + t) * c);
        foreach (var (name, parameter, rows, columns) in Kinds(c))
        {
            for (var i = 0; i < config.Layers; i++)
            {
                var (file, own) = ($"transformer.h.{i}.{name}", $"h.{i}.{parameter}");
                result.Add((columns == 0 ? Vector(file, own, rows) : Matrix(file, own, rows, columns), next));
                next = checked(next + rows * Math.Max(1, columns));
            }
        }

        result.Add((Vector("transformer.ln_f.weight", "norm_f.weight", c), next));
        result.Add((Vector("transformer.ln_f.bias", "norm_f.bias", c), next + c));
        count = checked(next + 2 * c);
        return result;
    }

    private static (string Name, string Parameter, long Rows, long Columns)[] Kinds(long c) =>
    [
        ("ln_1.weight", "norm1.weight", c, 0), ("ln_1.bias", "norm1.bias", c, 0),
        ("attn.c_attn.weight", "qkv.weight", 3 * c, c), ("attn.c_attn.bias", "qkv.bias", 3 * c, 0),
        ("attn.c_proj.weight", "o.weight", c, c), ("attn.c_proj.bias", "o.bias", c, 0),
        ("ln_2.weight", "norm2.weight", c, 0), ("ln_2.bias", "norm2.bias", c, 0),
        ("mlp.c_fc.weight", "up.weight", 4 * c, c), ("mlp.c_fc.bias", "up.bias", 4 * c, 0),
        ("mlp.c_proj.weight", "down.weight", c, 4 * c), ("mlp.c_proj.bias", "down.bias", c, 0),
    ];

    private static FileTensor Matrix(string name, string parameter, long rows, long columns) =>
        new(name, new Shape(rows, columns), parameter, 0, rows);

    private static FileTensor Vector(string name, string parameter, long count) =>
        new(name, new Shape(count), parameter, 0, count);
}
