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
    public void Logits_OfAModelReadWrongly_MissTheGolden(string fixture, string fault, bool isMissed)
    {
        var folder = Fixtures.Find("checkpoints/" + fixture);
        using var loaded = ModelFolder.Load(_device, folder);
        var config = fault switch
        {
            "gelu" => loaded.Config with { Activation = Activation.GeluErf },
            "scale" => loaded.Config with { ScaleAttentionByLayer = !loaded.Config.ScaleAttentionByLayer },
            _ => loaded.Config,
        };
        using var model = new Decoder(_device, config);
        _device.Ops.Copy(model.Weights.Flat, loaded.Weights.Flat);
        if (fault.Split(' ') is [var change, var name])
        {
            Damage(model.Weights[name], change, config);
        }

        Assert.Equal(isMissed, LargestError(folder, model) > Tolerance);
    }

    private static void Damage(Tensor tensor, string change, DecoderConfig config)
    {
        var values = tensor.ToArray();
        int rows = (int)tensor.Shape[0], columns = (int)tensor.Shape[1];
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
            default:
                Array.Copy(values, 0, damaged, queryElements, queryElements);
                Array.Copy(values, queryElements, damaged, 0, queryElements);
                break;
        }

        tensor.Upload<float>(damaged);
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
