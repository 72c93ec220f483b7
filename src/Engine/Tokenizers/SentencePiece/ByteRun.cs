using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Inheritune.Engine.Tokenizers;

/// <summary>A run of byte pieces, which is decoded on its own.</summary>
internal sealed class ByteRun(InvalidBytes invalid)
{
    private static readonly byte[] Replacement = [0xEF, 0xBF, 0xBD];

    private readonly List<byte> _bytes = [];

    public bool IsEmpty => _bytes.Count == 0;

    public void Add(byte value, ArrayBufferWriter<byte> output)
    {
        _bytes.Add(value);
        if (invalid != InvalidBytes.ReplaceRun)
        {
            Release(output, isEnd: false);
        }
    }

    /// <summary>The run ends: appends what is left of it.</summary>
    public void End(ArrayBufferWriter<byte> output)
    {
        if (_bytes.Count == 0)
        {
            return;
        }
        if (invalid == InvalidBytes.ReplaceRun && !IsValid())
        {
            for (int i = 0; i < _bytes.Count; i++)
            {
                output.Write(Replacement);
            }
            _bytes.Clear();
            return;
        }
        Release(output, isEnd: true);
    }

    private bool IsValid() =>
        Utf8.IsValid(CollectionsMarshal.AsSpan(_bytes));

    private void Release(ArrayBufferWriter<byte> output, bool isEnd)
    {
        ReadOnlySpan<byte> left = CollectionsMarshal.AsSpan(_bytes);
        while (!left.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(left, out _, out int length);
            if (status == OperationStatus.NeedMoreData && !isEnd)
            {
                break;
            }
            bool isCharacter = status == OperationStatus.Done;
            length = isCharacter ? length : 1;
            output.Write(isCharacter || invalid == InvalidBytes.Keep ? left[..length] : Replacement);
            left = left[length..];
        }
        _bytes.RemoveRange(0, _bytes.Count - left.Length);
    }
}
