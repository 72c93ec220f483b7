namespace Microsoft.ML.Tokenizers;

/// <summary>One token of an encoded text.</summary>
public readonly struct EncodedToken : IEquatable<EncodedToken>
{
    /// <summary>Creates a token.</summary>
    public EncodedToken(int id, string value, Range offset)
    {
        Id = id;
        Value = value;
        Offset = offset;
    }

    /// <summary>The id in the vocabulary.</summary>
    public int Id { get; }

    /// <summary>The vocabulary entry, in the characters of the vocabulary file.</summary>
    public string Value { get; }

    /// <summary>Where it stands in the text that was tokenised, in UTF-16 units.</summary>
    public Range Offset { get; }

    /// <inheritdoc/>
    public bool Equals(EncodedToken other) =>
        Id == other.Id && Value == other.Value && Offset.Equals(other.Offset);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EncodedToken other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Value, Offset);

    /// <summary>Whether two tokens are the same.</summary>
    public static bool operator ==(EncodedToken left, EncodedToken right) => left.Equals(right);

    /// <summary>Whether two tokens differ.</summary>
    public static bool operator !=(EncodedToken left, EncodedToken right) => !left.Equals(right);
}
