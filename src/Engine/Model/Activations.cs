using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>The tensors of an <see cref="ActivationPlan"/> inside one block of memory.</summary>
internal sealed class Activations
{
    private readonly Dictionary<(string Name, int Layer), Tensor> _tensors = [];

    public Activations(ActivationPlan plan, DeviceMemory memory)
    {
        Plan = plan;
        foreach (var buffer in plan.Buffers)
        {
            _tensors.Add((buffer.Name, buffer.Layer), new Tensor(memory, buffer.Offset, buffer.Shape, buffer.DType));
        }

        Layers = new LayerActivations[plan.Config.Layers];
        for (var i = 0; i < Layers.Length; i++)
        {
            var residual = Get("residual", i);
            Layers[i] = new LayerActivations
            {
                Residual = residual,
                Norm1 = Get("norm1", i),
                Mean1 = Find("mean1", i),
                Rstd1 = Get("rstd1", i),
                Qkv = Get("qkv", i),
                Context = Get("context", i),
                LogSumExp = Get("logSumExp", i),
                ResidualMid = Find("residualMid", i) ?? residual,
                Norm2 = Get("norm2", i),
                Mean2 = Find("mean2", i),
                Rstd2 = Get("rstd2", i),
                Up = Get("up", i),
                Act = Get("act", i),
            };
        }

        LogitChunks = new Tensor[(int)((plan.N + plan.LogitRows - 1) / plan.LogitRows)];
        (HiddenChunks, TargetChunks, LossChunks, HiddenGradientChunks) =
            (new Tensor[LogitChunks.Length], new Tensor[LogitChunks.Length], new Tensor[LogitChunks.Length],
                new Tensor?[LogitChunks.Length]);
        for (var i = 0; i < LogitChunks.Length; i++)
        {
            var (start, rows) = ((long)i * plan.LogitRows, Math.Min(plan.LogitRows, plan.N - (long)i * plan.LogitRows));
            LogitChunks[i] = Get("logits").Slice(0, rows);
            HiddenChunks[i] = Hidden.Slice(start, rows);
            TargetChunks[i] = Targets.Slice(start, rows);
            LossChunks[i] = Losses.Slice(start, rows);
            HiddenGradientChunks[i] = Find("dNorm")?.Slice(start, rows);
        }
    }

    public ActivationPlan Plan { get; }

    public LayerActivations[] Layers { get; }

    public Tensor Tokens => Get("tokens");

    public Tensor Targets => Get("targets");

    /// <summary>What a branch adds to the residual stream, (N, C).</summary>
    public Tensor Delta => Get("delta");

    public Tensor Delta2 => Get("delta2");

    public Tensor ResidualFinal => Get("residualFinal");

    public Tensor? MeanFinal => Find("meanFinal");

    public Tensor RstdFinal => Get("rstdFinal");

    /// <summary>What the head reads, (N, C).</summary>
    public Tensor Hidden => Get("hidden");

    public Tensor Losses => Get("losses");

    public Tensor Loss => Get("loss");

    public Tensor[] LogitChunks { get; }

    public Tensor[] HiddenChunks { get; }

    public Tensor[] TargetChunks { get; }

    public Tensor[] LossChunks { get; }

    /// <summary>The gradient of <see cref="HiddenChunks"/>; lies in <see cref="DNorm"/>.</summary>
    public Tensor?[] HiddenGradientChunks { get; }

    public Tensor DResidual => Get("dResidual");

    public Tensor DNorm => Get("dNorm");

    public Tensor DNorm2 => Get("dNorm2");

    public Tensor DContext => Get("dContext");

    public Tensor DQkv => Get("dQkv");

    public Tensor DUp => Get("dUp");

    public Tensor DAct => Get("dAct");

    private Tensor Get(string name, int layer = -1) =>
        Find(name, layer) ?? throw new InvalidOperationException($"The plan of this pass has no buffer '{name}'.");

    private Tensor? Find(string name, int layer = -1) =>
        _tensors.TryGetValue((name, layer), out var own) ? own : _tensors.GetValueOrDefault((name, -1));
}
