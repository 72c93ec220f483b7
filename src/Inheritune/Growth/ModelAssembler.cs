using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Growth;

/// <summary>Carries a plan out: copies on the device, in the order of the parameter table.</summary>
internal static class ModelAssembler
{
    private const ulong FreshEmbeddingStream = 0x1E_EC57_0001;

    /// <summary>Makes the model of a plan.</summary>
    /// <param name="device">Where it lies; the sources lie there too.</param>
    /// <param name="plan">What goes where.</param>
    /// <param name="reference">The reference, where the plan reads it.</param>
    /// <param name="child">The child, where the plan reads it.</param>
    /// <param name="seed">Seed of everything fresh.</param>
    /// <param name="fresh">Source of everything fresh; null draws it from the seed.</param>
    /// <param name="files">The reference in its files, instead of <paramref name="reference"/>.</param>
    /// <exception cref="GrowthException">
    /// A source is missing, on another device or of another shape.
    /// </exception>
    public static Decoder Assemble(
        Device device, InheritPlan plan, Decoder? reference, Decoder? child, ulong seed, Decoder? fresh = null,
        ModelOnDisk? files = null)
    {
        if (files is null)
        {
            RequireSource(device, plan, ModelSource.Reference, reference);
        }

        RequireSource(device, plan, ModelSource.Child, child);
        var dtype = (reference ?? child ?? fresh)?.Weights.Flat.DType ?? DType.F32;
        var target = new Decoder(device, plan.Config, dtype);
        try
        {
            foreach (var parameter in target.Table)
            {
                var (source, name) = Origin(plan, parameter);
                var model = source switch { ModelSource.Reference => reference, ModelSource.Child => child, _ => fresh };
                if (source == ModelSource.Reference && files is not null)
                {
                    RequireShape(
                        plan, parameter, files.Table.Contains(name) ? files.Table[name].Shape : null,
                        target.Weights[parameter].Shape);
                    files.Read(name, target.Weights, parameter.Name);
                }
                else if (model is null)
                {
                    InitializeParameter(plan, parameter, target, seed);
                }
                else
                {
                    CopyParameter(plan, target.Weights, parameter, model.Weights, name);
                }

                Adjust(plan, target, parameter, source);
            }

            // The caller may free the sources as soon as this returns.
            device.Synchronize();
            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Optimizer moments of a grown model: those of the child where a block or part comes from it, 0 where it
    /// is new. Where queries were scaled by f, their gradient is scaled by 1/f, and so are their moments.
    /// </summary>
    /// <param name="plan">What went where.</param>
    /// <param name="target">Moments of the new model. Overwritten.</param>
    /// <param name="child">Moments of the child.</param>
    /// <param name="power">1 for a mean of gradients, 2 for a mean of squares.</param>
    public static void CarryMoments(InheritPlan plan, ParameterSet target, ParameterSet child, int power)
    {
        target.Clear();
        var ops = target.Flat.Device.Ops;
        foreach (var parameter in target.Table)
        {
            var (source, name) = Origin(plan, parameter);
            if (source != ModelSource.Child || IsZeroOutput(plan, parameter))
            {
                continue;
            }

            CopyParameter(plan, target, parameter, child, name);
            if (QueryRows(plan, parameter, target[parameter]) is { } rows)
            {
                ops.Scale(rows, (float)Math.Pow(plan.Blocks[parameter.Layer].QueryFactor, -power));
            }
        }

        target.Flat.Device.Synchronize();
    }

    /// <summary>The model and the name that a parameter comes from.</summary>
    internal static (ModelSource Source, string Name) Origin(InheritPlan plan, Parameter parameter)
    {
        if (parameter.Layer < 0)
        {
            return (parameter.Name.Split('.')[0] switch
            {
                "wpe" => plan.Outside.PositionEmbedding,
                "norm_f" => plan.Outside.FinalNorm,
                "head" => plan.Outside.Head,
                _ => plan.Outside.TokenEmbedding,
            }, parameter.Name);
        }

        var local = Local(parameter);
        var part = local.Split('.')[0] switch
        {
            "norm1" => BlockParts.Norm1,
            "norm2" => BlockParts.Norm2,
            "up" or "gate_up" or "down" => BlockParts.Mlp,
            _ => BlockParts.Attention,
        };
        var block = plan.Blocks[parameter.Layer];
        return plan.Parts.HasFlag(part)
            ? (block.Source, $"h.{block.Index}.{local}")
            : (ModelSource.Fresh, parameter.Name);
    }

    private static string Local(Parameter parameter) =>
        parameter.Name[(parameter.Name.IndexOf('.', 2) + 1)..];

    private static void CopyParameter(
        InheritPlan plan, ParameterSet target, Parameter parameter, ParameterSet source, string name)
    {
        var from = source.Find(name);
        var to = target[parameter];
        RequireShape(plan, parameter, from?.Shape, to.Shape);
        to.Device.Ops.Copy(to, from!);
    }

    private static void RequireShape(InheritPlan plan, Parameter parameter, Shape? found, Shape expected)
    {
        if (found != expected)
        {
            throw new GrowthException(
                $"{plan.Operation}: {parameter.Name}: expected {expected} in the source, got "
                + $"{found?.ToString() ?? "nothing"}. "
                + "Blocks fit only between models of one shape.");
        }
    }

    private static void Adjust(InheritPlan plan, Decoder target, Parameter parameter, ModelSource source)
    {
        var tensor = target.Weights[parameter];
        if (IsZeroOutput(plan, parameter))
        {
            target.Device.Ops.Fill(tensor, 0f);
        }
        else if (source != ModelSource.Fresh && QueryRows(plan, parameter, tensor) is { } rows)
        {
            target.Device.Ops.Scale(rows, (float)plan.Blocks[parameter.Layer].QueryFactor);
        }
    }

    private static bool IsZeroOutput(InheritPlan plan, Parameter parameter) =>
        parameter.Layer >= 0 && plan.Blocks[parameter.Layer].IsZeroOutputs
        && Local(parameter).Split('.')[0] is "o" or "down";

    /// <summary>The rows of W_q, or its bias, where the plan scales them; else null.</summary>
    private static Tensor? QueryRows(InheritPlan plan, Parameter parameter, Tensor tensor) =>
        parameter.Layer >= 0 && plan.Blocks[parameter.Layer].QueryFactor != 1
        && Local(parameter).Split('.')[0] == "qkv"
            ? tensor.Slice(0, (long)plan.Config.Heads * plan.Config.HS)
            : null;

    private static void InitializeParameter(InheritPlan plan, Parameter parameter, Decoder target, ulong seed)
    {
        if (parameter.Role == ParameterRole.TokenEmbedding && plan.FreshEmbeddingDeviation is { } deviation)
        {
            target.RandomNormal(target.Weights[parameter], seed, FreshEmbeddingStream, (float)deviation);
        }
        else
        {
            target.InitializeParameter(parameter, seed);
        }
    }

    private static void RequireSource(Device device, InheritPlan plan, ModelSource source, Decoder? model)
    {
        if (!plan.Sources.Contains(source))
        {
            return;
        }

        if (model is null)
        {
            throw new GrowthException(
                $"{plan.Operation}: the {InheritPlan.Name(source)} is needed, none was given.");
        }

        if (!ReferenceEquals(model.Device, device))
        {
            throw new GrowthException(
                $"{plan.Operation}: the {InheritPlan.Name(source)} is on {model.Device.Name}, expected "
                + $"{device.Name}.");
        }
    }
}
