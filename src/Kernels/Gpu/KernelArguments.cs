using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Gpu;

/// <summary>The arguments of one launch, by value, on the caller's stack: nothing is allocated.</summary>
internal unsafe struct KernelArguments
{
    /// <summary>Most arguments of one kernel.</summary>
    public const int MaxCount = 32;

    private const int MaxBytes = 512;
    private fixed byte _bytes[MaxBytes];
    private fixed ushort _offsets[MaxCount];
    private fixed ushort _sizes[MaxCount];
    private int _size;

    /// <summary>Arguments so far.</summary>
    public int Count { get; private set; }

    /// <summary>Device address of a tensor, 0 for none: a pointer parameter.</summary>
    public void Add(Tensor? tensor) => AddValue(tensor?.Address ?? 0);

    /// <summary>Any other parameter, as wide as the kernel declares it.</summary>
    public void AddValue<T>(T value)
        where T : unmanaged
    {
        // Natural alignment: a struct passed by value is aligned to its widest field, at most 16.
        var alignment = sizeof(T) % 16 == 0 ? 16 : sizeof(T) % 8 == 0 ? 8 : sizeof(T) % 4 == 0 ? 4 : sizeof(T) % 2 == 0 ? 2 : 1;
        var offset = (_size + alignment - 1) / alignment * alignment;
        if (Count == MaxCount || offset + sizeof(T) > MaxBytes)
        {
            throw new UnreachableException("A kernel has more arguments than a launch can carry.");
        }

        fixed (byte* bytes = _bytes)
        {
            Unsafe.WriteUnaligned(bytes + offset, value);
        }

        _sizes[Count] = (ushort)sizeof(T);
        _offsets[Count++] = (ushort)offset;
        _size = offset + sizeof(T);
    }

    /// <summary>Bytes of one argument.</summary>
    public readonly int SizeOf(int index) => _sizes[index];

    /// <summary>Pointers to the arguments, as a launch wants them; valid while this value stays where it is.</summary>
    /// <param name="pointers">Room for <see cref="Count"/> pointers.</param>
    /// <param name="bytes">This value's bytes, pinned by the caller (it lives on the stack).</param>
    internal readonly void WritePointers(void** pointers, byte* bytes)
    {
        for (var i = 0; i < Count; i++)
        {
            pointers[i] = bytes + _offsets[i];
        }
    }

    /// <summary>Address of the argument bytes of a value that lives on the stack.</summary>
    internal static byte* BytesOf(ref KernelArguments arguments) => (byte*)Unsafe.AsPointer(ref arguments._bytes[0]);
}
