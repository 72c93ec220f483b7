namespace Inheritune.Engine.Data.Documents;

/// <summary>Documentation ids (<c>M:Space.Type.Name(Parameters)</c>) as people write them.</summary>
internal static class MemberName
{
    /// <summary>The full name of the type that a member belongs to.</summary>
    public static string TypeOf(string id)
    {
        ReadOnlySpan<char> name = WithoutParameters(id.AsSpan(2));
        if (id[0] != 'T' && name.LastIndexOf('.') is > 0 and int dot)
        {
            name = name[..dot];
        }
        return WithoutArity(name);
    }

    /// <summary>The last name of a type, or type and member: <c>List.Add</c>.</summary>
    public static string Short(string id)
    {
        if (id.Length < 3 || id[1] != ':')
        {
            return id;
        }
        string name = WithoutArity(WithoutParameters(id.AsSpan(2)));
        string[] parts = name.Split('.');
        string last = parts[^1];
        if (id[0] is 'T' or 'N' or '!')
        {
            return id[0] == 'N' ? name : last;
        }
        last = last[(last.LastIndexOf('#') + 1)..];
        string type = parts.Length > 1 ? parts[^2] : "";
        return last switch
        {
            "ctor" => $"{type} constructor",
            "cctor" => $"{type} static constructor",
            _ when last.StartsWith("op_", StringComparison.Ordinal) => $"{type} {last[3..]} operator",
            _ when type.Length > 0 => $"{type}.{last}",
            _ => last,
        };
    }

    private static ReadOnlySpan<char> WithoutParameters(ReadOnlySpan<char> name)
    {
        int end = name.IndexOfAny('(', '{', '~');
        return end < 0 ? name : name[..end];
    }

    /// <summary>Drops the number of type parameters: List`1 is List.</summary>
    private static string WithoutArity(ReadOnlySpan<char> name)
    {
        if (!name.Contains('`'))
        {
            return name.ToString();
        }
        var kept = new System.Text.StringBuilder(name.Length);
        bool isArity = false;
        foreach (char c in name)
        {
            isArity = c == '`' || (isArity && char.IsAsciiDigit(c));
            if (!isArity)
            {
                kept.Append(c);
            }
        }
        return kept.ToString();
    }
}
