using System.Runtime.InteropServices;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Checkpoints.LlmC;
using Inheritune.Engine.Model;
using Inheritune.Tests.Support;

namespace Inheritune.Engine.Tests.Checkpoints.LlmC;

public sealed class LlmcDebugStateTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Open_File_GivesItsParts()
    {
        var config = ModelFolder.ReadConfig(Fixtures.Find("checkpoints/tiny-gpt2"));
        File.WriteAllBytes(_path, Build(config, 2, 3, out var gradients));
        using var state = LlmcDebugState.Open(_path, config);
        Assert.Equal((2, 3, 4.5f), (state.B, state.T, state.Loss));
        Assert.Equal([0, 1, 2, 3, 4, 5], state.Inputs);
        Assert.Equal([1, 2, 3, 4, 5, 6], state.Targets);
        Assert.Equal(5 * config.VocabSize + 1f, state.Logits(1, 2)[1]);
        var found = state.Gradients().ToDictionary(item => item.Tensor.Name, item => item.Values);
        Assert.Equal(gradients[(16 * 12 + 128 * 12)..][..12], found["transformer.h.0.ln_1.weight"]);
        Assert.Equal(gradients[^12..], found["transformer.ln_f.bias"]);
        Assert.Equal(gradients[..(13 * 12)], found["transformer.wte.weight"]);
    }

    [Fact]
    public void Open_OtherModelOrKind_IsRefused()
    {
        var config = ModelFolder.ReadConfig(Fixtures.Find("checkpoints/tiny-gpt2"));
        var bytes = Build(config, 2, 3, out _);
        File.WriteAllBytes(_path, bytes);
        var fault = Assert.Throws<CheckpointException>(() => LlmcDebugState.Open(_path, config with { Layers = 1 }));
        Assert.Contains("another model", fault.Message, StringComparison.Ordinal);
        bytes[4] = 1;
        File.WriteAllBytes(_path, bytes);
        Assert.Throws<CheckpointException>(() => LlmcDebugState.Open(_path, config));
    }

    private static byte[] Build(DecoderConfig config, int b, int t, out float[] gradients)
    {
        LlmcLayout.Gpt2(config, 128, out var count);
        gradients = [.. Enumerable.Range(0, (int)count).Select(i => i / 3f)];
        var header = new int[256];
        (header[0], header[1], header[2], header[3]) = (LlmcHeader.DebugMagic, 2, b, t);
        int[] inputs = [.. Enumerable.Range(0, b * t)], targets = [.. inputs.Select(i => i + 1)];
        float[] logits = [.. Enumerable.Range(0, b * t * config.VocabSize).Select(i => (float)i), 4.5f];
        return
        [
            .. MemoryMarshal.AsBytes(header.AsSpan()), .. MemoryMarshal.AsBytes(inputs.AsSpan()),
            .. MemoryMarshal.AsBytes(targets.AsSpan()), .. MemoryMarshal.AsBytes(logits.AsSpan()),
            .. MemoryMarshal.AsBytes(gradients.AsSpan()),
        ];
    }
}
