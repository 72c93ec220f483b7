namespace Inheritune.Engine.Checkpoints.PyTorch;

/// <summary>A dictionary of a pickle, in its order.</summary>
internal sealed class PickleDictionary
{
    /// <summary>Keys and values as they were set.</summary>
    public List<(object? Key, object? Value)> Items { get; } = new(0);

    /// <summary>The last value of a key, as Python keeps it; false where there is none.</summary>
    public bool TryGet(string key, out object? value)
    {
        for (var i = Items.Count - 1; i >= 0; i--)
        {
            if (Items[i].Key is string name && name == key)
            {
                value = Items[i].Value;
                return true;
            }
        }

        value = null;
        return false;
    }
}
