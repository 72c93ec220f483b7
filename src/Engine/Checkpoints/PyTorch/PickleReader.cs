using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Inheritune.Engine.Checkpoints.PyTorch;

/// <summary>
/// A stack machine for the part of the pickle language that PyTorch writes tensors with. Numbers, strings,
/// tuples, lists and dictionaries are values; the few names of <see cref="TorchObjects"/> are all that can be
/// called. Any other operation or name ends the reading: nothing of a file is ever run.
/// </summary>
/// <remarks>
/// Values: null, bool, long, <see cref="BigInteger"/>, double, string, object?[] (tuple), List of object?
/// (list), <see cref="PickleDictionary"/>, <see cref="TorchStorage"/>, <see cref="TorchTensor"/>.
/// </remarks>
internal sealed class PickleReader(FileBytes bytes, TorchObjects objects)
{
    private const int OperationLimit = 2_000_000;
    private const int TextLimit = 1 << 20;

    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<int, object?> _memo = [];

    /// <summary>Reads one pickle, up to its end.</summary>
    /// <exception cref="CheckpointException">It is damaged or uses something outside the list.</exception>
    public object? Read()
    {
        _stack.Clear();
        _marks.Clear();
        _memo.Clear();
        for (var count = 0; count < OperationLimit; count++)
        {
            var operation = bytes.ReadByte();
            if (operation == '.')
            {
                return _stack.Count == 1 && _marks.Count == 0
                    ? Pop()
                    : throw Bad($"expected one value at the end, got {_stack.Count}");
            }

            if (!TryPush(operation) && !TryBuild(operation))
            {
                throw Bad(
                    $"operation 0x{operation:X2} is not one that tensors are stored with. For safety nothing "
                    + "else is read; save the model as safetensors");
            }
        }

        throw Bad($"expected at most {OperationLimit} operations, got more");
    }

    private bool TryPush(byte operation)
    {
        switch (operation)
        {
            case 0x80:
                Require(bytes.ReadByte() is >= 2 and <= 5, "expected pickle protocol 2 to 5, got another");
                return true;
            case 0x95:
                Require(bytes.ReadInt64() is >= 0 and var length && length <= bytes.Left, "a frame is too long");
                return true;
            case (byte)'N':
                return Push(null);
            case 0x88 or 0x89:
                return Push(operation == 0x88);
            case (byte)'J':
                return Push((long)bytes.ReadInt32());
            case (byte)'K':
                return Push((long)bytes.ReadByte());
            case (byte)'M':
                return Push((long)BinaryPrimitives.ReadUInt16LittleEndian(bytes.Read(2)));
            case 0x8A:
                return PushLong(bytes.ReadByte());
            case (byte)'G':
                return Push(BinaryPrimitives.ReadDoubleBigEndian(bytes.Read(8)));
            case (byte)'X':
                return Push(Text(bytes.ReadInt32()));
            case 0x8C:
                return Push(Text(bytes.ReadByte()));
            case (byte)')':
                return Push(Array.Empty<object?>());
            case (byte)']':
                return Push(new List<object?>(0));
            case (byte)'}':
                return Push(new PickleDictionary());
            case (byte)'(':
                _marks.Add(_stack.Count);
                return true;
            case (byte)'c':
                return Push(objects.Find(Line() + " " + Line()));
            case (byte)'h':
                return Recall(bytes.ReadByte());
            case (byte)'j':
                return Recall(bytes.ReadInt32());
            default:
                return false;
        }
    }

    private bool TryBuild(byte operation)
    {
        switch (operation)
        {
            case (byte)'q':
                _memo[bytes.ReadByte()] = Peek();
                return true;
            case (byte)'r':
                _memo[bytes.ReadInt32()] = Peek();
                return true;
            case 0x94:
                _memo[_memo.Count] = Peek();
                return true;
            case 0x85 or 0x86 or 0x87:
                return Push(Take(operation - 0x84));
            case (byte)'t':
                return Push(TakeMarked());
            case (byte)'a':
                Append(Take(1));
                return true;
            case (byte)'e':
                Append(TakeMarked());
                return true;
            case (byte)'s':
                SetItems(Take(2));
                return true;
            case (byte)'u':
                SetItems(TakeMarked());
                return true;
            case 0x93:
                var name = Pop() as string;
                return Push(objects.Find((Pop() as string) + " " + name));
            case (byte)'R':
                var arguments = Pop() as object?[];
                return Push(objects.Call(Pop() as PickleGlobal, arguments));
            case (byte)'b':
                Pop();
                Require(Peek() is PickleDictionary, "an object other than a dictionary is given a state");
                return true;
            case (byte)'Q':
                return Push(objects.Persistent(Pop() as object?[]));
            default:
                return false;
        }
    }

    private bool Push(object? value)
    {
        _stack.Add(value);
        return true;
    }

    private bool PushLong(int length)
    {
        var value = new BigInteger(bytes.Read(length));
        return Push(value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value);
    }

    private bool Recall(int index) => _memo.TryGetValue(index, out var value)
        ? Push(value)
        : throw Bad($"value {index} is used before it is set");

    private object? Peek()
    {
        Require(_stack.Count > Floor, "a value is used that is not there");
        return _stack[^1];
    }

    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private object? Pop()
    {
        var value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] Take(int count)
    {
        Require(_stack.Count - count >= Floor, "a value is used that is not there");
        var result = _stack[^count..].ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return result;
    }

    private object?[] TakeMarked()
    {
        Require(_marks.Count > 0, "a mark is used that is not there");
        var result = Take(_stack.Count - _marks[^1]);
        _marks.RemoveAt(_marks.Count - 1);
        return result;
    }

    private void Append(object?[] values)
    {
        Require(Peek() is List<object?>, "something is appended to a value that is no list");
        ((List<object?>)Peek()!).AddRange(values);
    }

    private void SetItems(object?[] values)
    {
        Require(Peek() is PickleDictionary && values.Length % 2 == 0, "an item is set that has no dictionary");
        var items = ((PickleDictionary)Peek()!).Items;
        for (var i = 0; i < values.Length; i += 2)
        {
            items.Add((values[i], values[i + 1]));
        }
    }

    private string Text(int length)
    {
        Require(length is >= 0 and <= TextLimit, $"a text of {(uint)length} bytes: expected at most {TextLimit}");
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.ReadArray(length));
        }
        catch (ArgumentException)
        {
            throw Bad("a text is not valid UTF-8");
        }
    }

    private string Line()
    {
        const int Limit = 256;
        var text = new StringBuilder();
        for (var value = bytes.ReadByte(); value != '\n'; value = bytes.ReadByte())
        {
            Require(text.Length < Limit && value is >= 0x20 and < 0x7F, "a name is not plain text");
            text.Append((char)value);
        }

        return text.ToString();
    }

    private void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw Bad(what);
        }
    }

    private CheckpointException Bad(string what) =>
        new($"{bytes.Path}: pickle: byte {bytes.Position}: {what}.");
}
