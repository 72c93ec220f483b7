namespace Inheritune.Growth;

/// <summary>Parts of a block that are taken over.</summary>
[Flags]
internal enum BlockParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>q, k, v and the output projection.</summary>
    Attention = 1,

    /// <summary>The feed-forward layers.</summary>
    Mlp = 2,

    /// <summary>The norm before attention.</summary>
    Norm1 = 4,

    /// <summary>The norm before the MLP.</summary>
    Norm2 = 8,

    /// <summary>Both norms.</summary>
    Norms = Norm1 | Norm2,

    /// <summary>Everything.</summary>
    All = Attention | Mlp | Norms,
}
