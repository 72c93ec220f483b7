namespace ManagedCuda.BasicTypes;

/// <summary>C's size_t.</summary>
internal struct SizeT
{
    private nuint _value;

    public static implicit operator SizeT(int value) => new() { _value = checked((nuint)value) };

    public static implicit operator SizeT(long value) => new() { _value = checked((nuint)value) };

    public static implicit operator SizeT(ulong value) => new() { _value = checked((nuint)value) };

    public static implicit operator long(SizeT size) => checked((long)size._value);

    public static implicit operator ulong(SizeT size) => size._value;
}
