using Inheritune.Bench.Blas;
using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>The operands of one linear layer, and its three products here and in OpenBLAS.</summary>
internal sealed class GemmLayerBench : IDisposable
{
    private static readonly string[] Passes = ["forward", "dX", "dW"];
    private readonly Ops _ops;
    private readonly string _layer;
    private readonly int _n, _c, _oc, _threads;
    private readonly bool _threadTime;
    private readonly Tensor _x, _w, _y;

    public GemmLayerBench(Device device, string layer, int n, int c, int oc, int threads, bool wall)
    {
        _ops = device.Ops;
        (_layer, _n, _c, _oc, _threads) = (layer, n, c, oc, threads);
        _threadTime = threads == 1 && !wall && GemmClock.HasThreadTime;
        _x = device.AllocateTensor(DType.F32, n, c);
        _w = device.AllocateTensor(DType.F32, oc, c);
        _y = device.AllocateTensor(DType.F32, n, oc);
        _ops.RandomNormal(_x, 1, 0, 1);
        _ops.RandomNormal(_w, 1, 1, 0.02f);
        _ops.RandomNormal(_y, 1, 2, 1);
    }

    /// <summary>One row for each product: medians of <paramref name="rounds"/> turns of both sides.</summary>
    public IEnumerable<GemmRow> Run(int rounds, bool blas)
    {
        for (var pass = 0; pass < Passes.Length; pass++)
        {
            var repeats = Math.Max(1, (int)(2e9 / (2.0 * _n * _c * _oc)));
            var (ours, theirs) = (new double[rounds], new double[rounds]);
            for (var round = -1; round < rounds; round++)
            {
                var seconds = Time(pass, repeats, ofBlas: false);
                var blasSeconds = blas ? Time(pass, repeats, ofBlas: true) : 0;
                if (round >= 0)
                {
                    (ours[round], theirs[round]) = (seconds, blasSeconds);
                }
            }

            yield return new GemmRow(
                _layer, Passes[pass], _n, _c, _oc, _threads, _threadTime ? "cpu" : "wall", Median(ours),
                Median(theirs));
        }
    }

    public void Dispose()
    {
        _x.Memory.Dispose();
        _w.Memory.Dispose();
        _y.Memory.Dispose();
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private double Time(int pass, int repeats, bool ofBlas)
    {
        var start = GemmClock.Seconds(_threadTime);
        for (var i = 0; i < repeats; i++)
        {
            if (ofBlas)
            {
                CallBlas(pass);
            }
            else
            {
                Call(pass);
            }
        }

        return (GemmClock.Seconds(_threadTime) - start) / repeats;
    }

    private void Call(int pass)
    {
        switch (pass)
        {
            case 0: _ops.MatmulForward(_y, _x, _w); break;
            case 1: _ops.MatmulBackwardInput(_x, _y, _w); break;
            default: _ops.MatmulBackwardWeight(_w, null, _y, _x, accumulate: false); break;
        }
    }

    private void CallBlas(int pass)
    {
        var (x, w, y) = (_x.Address, _w.Address, _y.Address);
        switch (pass)
        {
            case 0: OpenBlas.Sgemm(false, true, _n, _oc, _c, x, _c, w, _c, y, _oc); break;
            case 1: OpenBlas.Sgemm(false, false, _n, _c, _oc, y, _oc, w, _c, x, _c); break;
            default: OpenBlas.Sgemm(true, false, _oc, _c, _n, y, _oc, x, _c, w, _c); break;
        }
    }
}
