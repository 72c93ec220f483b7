using System.Text;
using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>A decoder-only language model: a configuration and its weights on a device.</summary>
public sealed class Decoder : IDisposable
{
    /// <summary>Allocates the weights; all are 0 until they are loaded or initialised.</summary>
    /// <param name="device">Where they lie.</param>
    /// <param name="config">What the model computes.</param>
    /// <param name="dtype">Element type of the weights, F32 or BF16.</param>
    /// <exception cref="ModelException">The configuration is not valid.</exception>
    /// <exception cref="DeviceException">Out of memory.</exception>
    public Decoder(Device device, DecoderConfig config, DType dtype = DType.F32)
    {
        Device = device;
        Config = config;
        Table = ParameterTable.For(config);
        device.Prepare(dtype, config.HS);
        Weights = new ParameterSet(device, Table, dtype);
    }

    /// <summary>Where the weights lie.</summary>
    public Device Device { get; }

    /// <summary>What the model computes.</summary>
    public DecoderConfig Config { get; }

    /// <summary>The parameters by name.</summary>
    public ParameterTable Table { get; }

    /// <summary>The weights.</summary>
    public ParameterSet Weights { get; }

    /// <summary>
    /// GPT-2's initialisation: N(0, std) for tables and linear layers, N(0, std/√(2L)) for those that write
    /// to the residual
    /// stream, norms 1, biases 0. Each parameter is drawn from (seed, its name) alone.
    /// </summary>
    public void Initialize(ulong seed)
    {
        foreach (var parameter in Table)
        {
            InitializeParameter(parameter, seed);
        }
    }

    /// <summary>Draws one parameter afresh, as <see cref="Initialize"/> does.</summary>
    public void InitializeParameter(Parameter parameter, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        var tensor = Weights[parameter];
        switch (parameter.Role)
        {
            case ParameterRole.NormWeight:
                Device.Ops.Fill(tensor, 1f);
                break;
            case ParameterRole.NormBias or ParameterRole.Bias:
                Device.Ops.Fill(tensor, 0f);
                break;
            default:
                var std = Config.InitializerRange;
                if (parameter.Role == ParameterRole.ResidualLinear)
                {
                    std /= Math.Sqrt(2.0 * Config.Layers);
                }

                RandomNormal(tensor, seed, NameHash(parameter.Name), (float)std);
                break;
        }
    }

    /// <summary>Draws a tensor of either element type: bf16 values are the f32 ones, rounded.</summary>
    public void RandomNormal(Tensor tensor, ulong seed, ulong stream, float standardDeviation)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.DType == DType.F32)
        {
            Device.Ops.RandomNormal(tensor, seed, stream, standardDeviation);
            return;
        }

        var values = Device.AllocateTensor(DType.F32, tensor.Count);
        using var memory = values.Memory;
        Device.Ops.RandomNormal(values, seed, stream, standardDeviation);
        Device.Ops.Cast(tensor, values);
        Device.Synchronize();
    }

    /// <inheritdoc/>
    public void Dispose() => Weights.Dispose();

    /// <summary>FNV-1a, 64 bits, of the UTF-8 name: which random stream a parameter draws from.</summary>
    private static ulong NameHash(string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var value in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ value) * 1099511628211UL;
        }

        return hash;
    }
}
