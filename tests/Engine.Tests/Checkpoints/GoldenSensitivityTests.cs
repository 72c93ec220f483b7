using System.Text.Json;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Tests.Checkpoints;

/// <summary>
/// Tests of the golden logits themselves: each way to read a file wrongly that raises no shape error moves
/// them beyond their tolerance.
/// </summary>
public sealed class GoldenSensitivityTests : IDisposable
{
    private const double Tolerance = 1e-5;

    private readonly Device _device = Devices.Open("cpu", 1);

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData("tiny-gpt2", "nothing", false)]
    [InlineData("tiny-llama-mha", "nothing", false)]
    [InlineData("tiny-gpt2", "transpose h.0.o.weight", true)]
    [InlineData("tiny-llama-mha", "transpose h.0.o.weight", true)]
    [InlineData("tiny-gpt2", "swap-halves h.1.qkv.weight", true)]
    [InlineData("tiny-llama-mha", "swap-halves h.0.gate_up.weight", true)]
    [InlineData("tiny-gpt2", "swap-qk h.1.qkv.weight", true)]
    [InlineData("tiny-llama-mha", "swap-qk h.0.qkv.weight", true)]
    [InlineData("tiny-gpt2", "gelu", true)]
    [InlineData("tiny-gpt2", "scale", true)]
    [InlineData("tiny-gpt2-variant", "scale", true)]
    [InlineData("tiny-pythia", "nothing", false)]
    [InlineData("tiny-opt", "nothing", false)]
    [InlineData("tiny-opt-postnorm-proj", "nothing", false)]
    [InlineData("tiny-mpt", "nothing", false)]
    [InlineData("tiny-mosaic-gpt", "nothing", false)]
    [InlineData("tiny-pythia", "blockwise h.0.qkv.weight", true)]
    [InlineData("tiny-neox-sequential", "blockwise h.1.qkv.weight", true)]
    [InlineData("tiny-pythia", "blockwise h.0.qkv.bias", true)]
    [InlineData("tiny-pythia", "sequential", true)]
    [InlineData("tiny-pythia", "whole-rotary", true)]
    [InlineData("tiny-pythia", "interleaved h.0.qkv.weight", true)]
    [InlineData("tiny-llama-gqa", "interleaved h.0.qkv.weight", true)]
    [InlineData("tiny-pythia", "gelu", true)]
    [InlineData("tiny-neox-sequential", "gelu", true)]
    [InlineData("tiny-opt", "offset", true)]
    [InlineData("tiny-opt-postnorm-proj", "offset", true)]
    [InlineData("tiny-opt-postnorm-proj", "transpose h.0.o.weight", true)]
    [InlineData("tiny-opt", "swap-qk h.0.qkv.weight", true)]
    [InlineData("tiny-mpt", "clip", true)]
    [InlineData("tiny-mpt", "slopes", true)]
    [InlineData("tiny-mpt", "gelu", true)]
    [InlineData("tiny-mpt", "swap-qk h.0.qkv.weight", true)]
    [InlineData("tiny-mosaic-gpt", "qk-norm", true)]
    [InlineData("tiny-llama3-rope-tied", "rope-scaling", true)]
    [InlineData("tiny-llama-rope-parameters", "rope-scaling", true)]
    public void Logits_OfAModelReadWrongly_MissTheGolden(string fixture, string fault, bool isMissed)
    {
        var folder = Fixtures.Find("checkpoints/" + fixture);
        using var loaded = ModelFolder.Load(_device, folder);
        var config = fault switch
        {
            "gelu" => loaded.Config with
            {
                Activation = loaded.Config.Activation == Activation.GeluErf ? Activation.GeluTanh : Activation.GeluErf,
            },
            "sequential" => loaded.Config with { Residual = ResidualKind.Sequential },
            "whole-rotary" => loaded.Config with { RotaryDim = 0 },
            "offset" => loaded.Config with
            {
                PositionOffset = 0,
                MaxPositions = loaded.Config.MaxPositions + loaded.Config.PositionOffset,
            },
            "clip" => loaded.Config with { ClipQkv = 0 },
            "slopes" => loaded.Config with { AlibiBiasMax = 4 },
            "rope-scaling" => loaded.Config with { RopeScaling = new RopeScaling(RopeScalingKind.None) },
            "scale" => loaded.Config with { ScaleAttentionByLayer = !loaded.Config.ScaleAttentionByLayer },
            _ => loaded.Config,
        };
        if (fault == "qk-norm")
        {
            config = config with { QkNorm = false };
        }

        using var model = new Decoder(_device, config);
        foreach (var parameter in model.Table)
        {
            _device.Ops.Copy(model.Weights[parameter], loaded.Weights[parameter.Name]);
        }

        if (fault.Split(' ') is [var change, var name])
        {
            Damage(model.Weights[name], change, config);
        }

        Assert.Equal(isMissed, LargestError(folder, model) > Tolerance);
    }

    private static void Damage(Tensor tensor, string change, DecoderConfig config)
    {
        var values = tensor.ToArray();
        int rows = (int)tensor.Shape[0], columns = values.Length / rows;
        var queryElements = config.Heads * config.HS * columns;
        var damaged = values.ToArray();
        switch (change)
        {
            case "transpose":
                for (var i = 0; i < values.Length; i++)
                {
                    damaged[i % columns * rows + i / columns] = values[i];
                }

                break;
            case "swap-halves":
                Array.Copy(values, 0, damaged, values.Length / 2, values.Length / 2);
                Array.Copy(values, values.Length / 2, damaged, 0, values.Length / 2);
                break;
            case "blockwise":
                // The rows of the file, taken as all of q, all of k, all of v.
                MoveRows(row =>
                {
                    var (part, head, element) = (row / (rows / 3), row % (rows / 3) / config.HS, row % config.HS);
                    return (head * 3 + part) * config.HS + element;
                });
                break;
            case "interleaved":
                // Pairs of neighbours instead of halves, within the rotated part of every query and key head.
                MoveRows(row =>
                {
                    var (head, element) = (row / config.HS, row % config.HS);
                    return head < config.Heads + config.NKV && element < config.R
                        ? head * config.HS + element % 2 * (config.R / 2) + element / 2
                        : row;
                });
                break;
            default:
                Array.Copy(values, 0, damaged, queryElements, queryElements);
                Array.Copy(values, queryElements, damaged, 0, queryElements);
                break;
        }

        tensor.Upload<float>(damaged);

        void MoveRows(Func<int, int> target)
        {
            for (var row = 0; row < rows; row++)
            {
                Array.Copy(values, row * columns, damaged, target(row) * columns, columns);
            }
        }
    }

    private double LargestError(string folder, Decoder model)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        var ids = json.RootElement.GetProperty("input_ids")[0].EnumerateArray().Select(id => id.GetInt32()).ToArray();
        var expected = json.RootElement.GetProperty("logits")[0].EnumerateArray()
            .SelectMany(row => row.EnumerateArray().Select(value => value.GetDouble())).ToArray();
        using var pass = new DecoderPass(model, 1, ids.Length, training: false);
        pass.Forward(ids, 1, ids.Length);
        var logits = _device.AllocateTensor(DType.F32, ids.Length, model.Config.VocabSize);
        pass.Logits(logits, 0, ids.Length);
        var actual = logits.ToArray();
        logits.Memory.Dispose();
        return expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second));
    }
}
