using Inheritune.Engine.Data.Documents;

namespace Inheritune.Engine.Data.Parquet;

/// <summary>The column that is asked for: its place among the leaves and how deep it may be null.</summary>
/// <param name="Leaf">Number of the column in every row group.</param>
/// <param name="LeafCount">Columns of every row group.</param>
/// <param name="Path">Names from the root, joined with NUL.</param>
/// <param name="MaxDefinition">Level of a value that is present.</param>
internal sealed record ParquetColumn(int Leaf, int LeafCount, string Path, int MaxDefinition);

/// <summary>Finds a text column in a schema.</summary>
internal sealed class ParquetSchema
{
    private const int DepthLimit = 64;
    private const int ByteArray = 6, LastType = 7;

    private readonly List<SchemaElement> _elements;
    private readonly List<(string[] Names, SchemaElement Element, int Definition, bool IsRepeated)> _leaves = [];
    private int _next;

    private ParquetSchema(List<SchemaElement> elements)
    {
        _elements = elements;
    }

    /// <summary>Finds a column by its name; dots are a path unless a top-level column is called so.</summary>
    /// <exception cref="ParquetException">
    /// The schema is damaged, or the column is missing or of another type.
    /// </exception>
    public static ParquetColumn Find(List<SchemaElement> elements, string name)
    {
        var schema = new ParquetSchema(elements);
        if (elements.Count == 0 || elements[0].ChildCount is not { } children)
        {
            throw Bad("it has no root");
        }
        schema._next = 1;
        schema.Walk(children, [], 0, false);
        if (schema._next != elements.Count)
        {
            throw Bad($"{elements.Count - schema._next} elements belong to no column");
        }
        return schema.Find(name);
    }

    private void Walk(int children, string[] path, int definition, bool isRepeated)
    {
        if (children < 0 || children > _elements.Count - _next || path.Length > DepthLimit)
        {
            throw Bad($"a group of {children} columns at depth {path.Length} in {_elements.Count} elements");
        }
        for (int i = 0; i < children; i++)
        {
            if (_next == _elements.Count)
            {
                throw Bad("a column is missing");
            }
            SchemaElement element = _elements[_next++];
            if (element.Repetition is < 0 or > 2 || element.Type is < 0 or > LastType)
            {
                throw Bad($"column \"{CorpusText.Shorten(element.Name)}\" is of no known kind");
            }
            string[] names = [.. path, element.Name];
            int level = definition + (element.Repetition == 0 ? 0 : 1);
            bool repeats = isRepeated || element.Repetition == 2;
            if (element.Type is not null)
            {
                _leaves.Add((names, element, level, repeats));
            }
            else
            {
                Walk(
                    element.ChildCount ?? throw Bad($"group \"{CorpusText.Shorten(element.Name)}\" has no size"),
                    names, level, repeats);
            }
        }
    }

    private ParquetColumn Find(string name)
    {
        List<int> found = Matches(leaf => leaf.Length == 1 && leaf[0] == name);
        if (found.Count == 0)
        {
            found = Matches(leaf => string.Join('.', leaf) == name);
        }
        string columns = string.Join(", ", _leaves.Take(20).Select(leaf => string.Join('.', leaf.Names)));
        string others = columns.Length == 0 ? "none" : CorpusText.Shorten(columns, 200);
        if (found.Count > 1)
        {
            throw Bad($"{found.Count} columns are called \"{name}\"");
        }
        if (found.Count == 0)
        {
            bool isGroup = _leaves.Exists(leaf => ("." + string.Join('.', leaf.Names)).StartsWith(
                $".{name}.", StringComparison.Ordinal));
            throw isGroup
                ? new ParquetException(
                    "column-type", $"column \"{name}\": expected text, got a group; columns: {others}")
                : new ParquetException(
                    "column-missing",
                    $"no column \"{name}\"; columns: {others}. Name the right one with --text-column");
        }
        (string[] names, SchemaElement element, int definition, bool isRepeated) = _leaves[found[0]];
        bool isText = element.Type == ByteArray && !isRepeated
            && (element.ConvertedType is null or 0 or 4 or 19) && (element.LogicalType is null or 1 or 4 or 12);
        return isText
            ? new ParquetColumn(found[0], _leaves.Count, string.Join('\0', names), definition)
            : throw new ParquetException(
                "column-type",
                $"column \"{name}\": expected text, got type {element.Type}, repeated {isRepeated}, converted "
                + $"{element.ConvertedType?.ToString() ?? "none"}, logical {element.LogicalType?.ToString() ?? "none"}; "
                + $"columns: {others}. Name the right one with --text-column");
    }

    private List<int> Matches(Predicate<string[]> isMatch) =>
        [.. Enumerable.Range(0, _leaves.Count).Where(i => isMatch(_leaves[i].Names))];

    private static ParquetException Bad(string what) => new("schema", "schema: " + what);
}
