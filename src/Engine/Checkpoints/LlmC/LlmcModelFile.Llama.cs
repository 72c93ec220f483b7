using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Microsoft.Win32.SafeHandles;

namespace Inheritune.Engine.Checkpoints.LlmC;

internal sealed partial class LlmcModelFile
{
    private const double LlamaEps = 1e-5;

    /// <summary>
    /// Llama 3. NOTE: the header stores the feed-forward multiplier and eps as whole numbers (1.3 became 1,
    /// 1e-5 became 0), so the width comes from the size of the file, and eps is that of every Llama 3.
    /// </summary>
    private static LlmcModelFile OpenLlama(string path, SafeFileHandle handle, int[] header, long length)
    {
        var dtype = ElementType(path, header[1]);
        Require(path, header, "positions, vocabulary, layers, heads, key/value heads, channels", 2..8);
        Require(path, header, "rope_theta", 11..12);
        long v = header[3], layers = header[4], c = header[7];
        if (c % header[5] != 0 || header[5] % header[6] != 0)
        {
            throw new CheckpointException(
                $"{path}: header: expected channels that {header[5]} heads divide and heads that {header[6]} "
                + $"key/value heads divide, got {c} channels. The file is damaged.");
        }

        var headSize = c / header[5];
        var qkv = (header[5] + 2L * header[6]) * headSize;
        var outside = (Int128)2 * v * c + c + (Int128)layers * c * (2 + qkv + c);
        var elements = (length - LlmcHeader.Bytes) / FloatFormats.SizeBytes(dtype);
        var (width, rest) = Int128.DivRem(elements - outside, (Int128)3 * layers * c);
        if (rest != 0 || width < 1 || width > int.MaxValue)
        {
            throw new CheckpointException(
                $"{path}: size: {length} bytes leave no whole feed-forward width for {layers} layers of {c} "
                + "channels. The file is cut off or damaged.");
        }

        var config = ForeignModel.Checked(path, new DecoderConfig
        {
            Family = "llama",
            MaxPositions = header[2],
            VocabSize = header[3],
            Layers = header[4],
            Heads = header[5],
            KvHeads = header[6],
            Hidden = header[7],
            Ffn = (int)width,
            Norm = NormKind.RmsNorm,
            NormBias = false,
            NormEps = LlamaEps,
            Position = PositionKind.Rotary,
            RotaryBase = header[11],
            RopeScaling = header[12] != 0
                ? new RopeScaling(RopeScalingKind.Llama3, 8)
                : new RopeScaling(RopeScalingKind.None),
            Activation = Activation.Silu,
            GatedMlp = true,
            BiasQkv = false,
            BiasOut = false,
            BiasMlp = false,
            Tied = false,
        });
        var file = new LlmcModelFile(path, handle, dtype, config);
        file.AddLlama(config);
        file.RequireLength(length, (long)(outside + width * 3 * layers * c));
        return file;
    }

    /// <summary>Row of Meta's interleaved order for a row of the half form.</summary>
    private long InterleavedRow(long row)
    {
        var (head, inner) = Math.DivRem(row, Config.HS);
        var half = Config.HS / 2;
        return head * Config.HS + (inner < half ? 2 * inner : 2 * (inner - half) + 1);
    }

    private void AddLlama(DecoderConfig config)
    {
        long c = config.Hidden, f = config.F, v = config.VocabSize, layers = config.Layers;
        long queries = (long)config.Heads * config.HS, keys = (long)config.NKV * config.HS;
        var next = v * c;
        Add(Matrix("model.embed_tokens.weight", "wte", 0, v, c), 0);
        void Stack(long stride, Action<string, string, long> add)
        {
            for (var i = 0; i < layers; i++)
            {
                add($"model.layers.{i}.", $"h.{i}.", next + i * stride);
            }

            next += layers * stride;
        }

        Stack(c, (file, own, at) => Add(Vector(file + "input_layernorm.weight", own + "norm1.weight", c), at));
        Stack((queries + 2 * keys) * c, (file, own, at) =>
        {
            var name = own + "qkv.weight";
            _interleaved.Add(Add(Matrix(file + "self_attn.q_proj.weight", name, 0, queries, c), at));
            _interleaved.Add(
                Add(Matrix(file + "self_attn.k_proj.weight", name, queries, keys, c), at + queries * c));
            Add(Matrix(file + "self_attn.v_proj.weight", name, queries + keys, keys, c), at + (queries + keys) * c);
        });
        Stack(queries * c, (file, own, at) =>
            Add(Matrix(file + "self_attn.o_proj.weight", own + "o.weight", 0, c, queries), at));
        Stack(c, (file, own, at) =>
            Add(Vector(file + "post_attention_layernorm.weight", own + "norm2.weight", c), at));

        // c_fc is up, c_fc2 is the gate, which stands first among the canonical rows.
        Stack(f * c, (file, own, at) => Add(Matrix(file + "mlp.up_proj.weight", own + "gate_up.weight", f, f, c), at));
        Stack(f * c, (file, own, at) => Add(Matrix(file + "mlp.gate_proj.weight", own + "gate_up.weight", 0, f, c), at));
        Stack(c * f, (file, own, at) => Add(Matrix(file + "mlp.down_proj.weight", own + "down.weight", 0, c, f), at));
        Add(Vector("model.norm.weight", "norm_f.weight", c), next);
        Add(Matrix("lm_head.weight", "head.weight", 0, v, c), next + c);
    }

    private static FileTensor Matrix(string name, string parameter, long firstRow, long rows, long columns) =>
        new(name, new Shape(rows, columns), parameter, firstRow, rows);

    private static FileTensor Vector(string name, string parameter, long count) =>
        new(name, new Shape(count), parameter, 0, count);
}
