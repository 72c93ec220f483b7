using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>Where q and k stand by themselves while they are normalised; all blocks share it.</summary>
/// <param name="QueryInput">q before the norm, (N, NH HS).</param>
/// <param name="QueryOutput">q behind the norm, or its gradient, (N, NH HS).</param>
/// <param name="KeyInput">(N, NKV HS), in the place of <paramref name="QueryInput"/>.</param>
/// <param name="KeyOutput">(N, NKV HS), in the place of <paramref name="QueryOutput"/>.</param>
internal sealed record QueryKeyScratch(Tensor QueryInput, Tensor QueryOutput, Tensor KeyInput, Tensor KeyOutput)
{
    /// <summary>The buffers of a plan, or null where q and k are not normalised.</summary>
    public static QueryKeyScratch? For(ActivationPlan plan, Func<string, int, Tensor?> find)
    {
        if (find("qkInput", -1) is not { } input || find("qkOutput", -1) is not { } output)
        {
            return null;
        }

        var keyColumns = (long)plan.Config.NKV * plan.Config.HS;
        return new QueryKeyScratch(
            input, output, input.View(plan.N, keyColumns), output.View(plan.N, keyColumns));
    }
}
