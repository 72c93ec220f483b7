using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>128 bits: 4 lanes.</summary>
internal readonly unsafe struct Lanes4 : ILanes<Lanes4>
{
    private readonly Vector128<float> _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes4(Vector128<float> value) => _value = value;

    public static int Count => 4;

    public static Lanes4 Zero => new(Vector128<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator +(Lanes4 left, Lanes4 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator -(Lanes4 left, Lanes4 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator *(Lanes4 left, Lanes4 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator /(Lanes4 left, Lanes4 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 LoadBf16(ushort* source) => new((Vector128.WidenLower(Vector128.Create(Vector64.Load(source), default)) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Create(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 MultiplyAdd(Lanes4 x, Lanes4 y, Lanes4 z) =>
        new(Vector128.FusedMultiplyAdd(x._value, y._value, z._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Max(Lanes4 x, Lanes4 y) => new(Vector128.MaxNative(x._value, y._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Sqrt(Lanes4 x) => new(Vector128.Sqrt(x._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Abs(Lanes4 x) => new(Vector128.Abs(x._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 CopySign(Lanes4 x, Lanes4 sign) => new(Vector128.CopySign(x._value, sign._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Min(Lanes4 x, Lanes4 y) => new(Vector128.MinNative(x._value, y._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Round(Lanes4 x) => new(Vector128.Round(x._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 ScaleByPowerOfTwo(Lanes4 x, Lanes4 n)
    {
        // 2ⁿ in two factors, since n may leave the exponents of f32; only the second product rounds.
        var exponent = Vector128.ConvertToInt32(n._value);
        var half = exponent >> 1;
        var bias = Vector128.Create(127);
        var first = ((half + bias) << 23).AsSingle();
        var second = ((exponent - half + bias) << 23).AsSingle();
        return new(x._value * first * second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 SelectGreater(Lanes4 x, Lanes4 y, Lanes4 a, Lanes4 b) =>
        new(Vector128.ConditionalSelect(Vector128.GreaterThan(x._value, y._value), a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreBf16(ushort* destination)
    {
        var bits = _value.AsUInt32();
        var odd = (bits >>> 16) & Vector128<uint>.One;
        var rounded = (bits + Vector128.Create(0x7FFFu) + odd) >>> 16;
        var quiet = (bits >>> 16) | Vector128.Create(0x40u);
        var result = Vector128.ConditionalSelect(Vector128.Equals(_value, _value).AsUInt32(), rounded, quiet);
        Vector128.Narrow(result, result).GetLower().Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum() => Vector128.Sum(_value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Largest()
    {
        var largest = _value[0];
        for (var i = 1; i < Count; i++)
        {
            largest = MathF.Max(largest, _value[i]);
        }

        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double SumDouble()
    {
        var (lower, upper) = Vector128.Widen(_value);
        return Vector128.Sum(lower + upper);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumDouble(float* source, long vectors)
    {
        var (sum0, sum1) = (Vector128<double>.Zero, Vector128<double>.Zero);
        for (long i = 0; i < vectors; i++)
        {
            var (lower, upper) = Vector128.Widen(Vector128.Load(source + i * Count));
            sum0 += lower;
            sum1 += upper;
        }

        return Vector128.Sum(sum0 + sum1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumSquaresDouble(float* source, long vectors)
    {
        var (sum0, sum1) = (Vector128<double>.Zero, Vector128<double>.Zero);
        for (long i = 0; i < vectors; i++)
        {
            var (lower, upper) = Vector128.Widen(Vector128.Load(source + i * Count));
            sum0 += lower * lower;
            sum1 += upper * upper;
        }

        return Vector128.Sum(sum0 + sum1);
    }
}
