using System.Text;
using System.Text.Json;

namespace Inheritune.Engine.Tokenizers;

/// <summary>A plain SentencePiece model as tokenizer.json: the form with Prepend and Replace.</summary>
internal static class SentencePieceJsonWriter
{
    /// <summary>Whether tokenizer.json can say what the model does.</summary>
    public static bool CanWrite(SentencePieceModel model) => model.IsPlain && model.HasByteFallback
        && model.Pieces.All(piece => piece.Kind is not (PieceKind.UserDefined or PieceKind.Unused))
        && model.Pieces.DistinctBy(piece => piece.Text).Count() == model.Pieces.Count;

    public static byte[] TokenizerJson(SymbolDefinition definition) => JsonMembers.Write(json =>
    {
        SentencePieceModel model = definition.Model!;
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        TokenizerJsonWriter.WriteAddedTokens(json, definition.AddedTokens);
        json.WritePropertyName("normalizer");
        json.WriteRawValue(
            """
            {"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},
            {"type":"Replace","pattern":{"String":" "},"content":"▁"}]}
            """.ReplaceLineEndings(""));
        json.WriteNull("pre_tokenizer");
        TokenizerJsonWriter.WritePostProcessor(
            json, definition.Front, definition.Back, id => model.Pieces[id].Text);
        json.WritePropertyName("decoder");
        json.WriteRawValue(
            """
            {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},
            {"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}
            """.ReplaceLineEndings(""));
        WriteModel(json, model);
        json.WriteEndObject();
    });

    /// <summary>
    /// All ways to make a piece of two others: best score first, then the longer left part, then the longer
    /// right part.
    /// </summary>
    internal static IEnumerable<(string Left, string Right)> Merges(SentencePieceModel model)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            if (model.Pieces[id].IsMergeable)
            {
                ids.Add(model.Pieces[id].Text, id);
            }
        }
        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var merges = new List<(float Score, int LeftLength, int RightLength, string Left, string Right)>();
        foreach ((string text, int id) in ids)
        {
            var splits = new List<(int LeftId, int RightId, string Left, string Right)>();
            for (int cut = 1; cut < text.Length; cut++)
            {
                if (lookup.TryGetValue(text.AsSpan(0, cut), out string? left, out int leftId)
                    && lookup.TryGetValue(text.AsSpan(cut), out string? right, out int rightId))
                {
                    splits.Add((leftId, rightId, left, right));
                }
            }
            merges.AddRange(splits.OrderBy(split => split.LeftId).ThenBy(split => split.RightId).Select(
                s => (model.Pieces[id].Score, RuneCount(s.Left), RuneCount(s.Right), s.Left, s.Right)));
        }
        return merges.OrderByDescending(merge => merge.Score).ThenByDescending(merge => merge.LeftLength)
            .ThenByDescending(merge => merge.RightLength).Select(merge => (merge.Left, merge.Right));
    }

    private static void WriteModel(Utf8JsonWriter json, SentencePieceModel model)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", model.Pieces[model.UnknownId].Text);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", true);
        json.WriteBoolean("byte_fallback", true);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            json.WriteNumber(model.Pieces[id].Text, id);
        }
        json.WriteEndObject();
        TokenizerJsonWriter.WriteMerges(
            json, [.. Merges(model)], model.Pieces.Any(piece => piece.Text.Contains(' ')));
        json.WriteEndObject();
    }

    private static int RuneCount(string text) => text.EnumerateRunes().Count();
}
