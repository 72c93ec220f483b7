using System.Text;
using System.Xml;

namespace Inheritune.Engine.Data.Documents;

/// <summary>The English text of one documentation file, a paragraph per member.</summary>
internal static class XmlDocumentation
{
    /// <summary>
    /// Type and paragraph of each member with text, in the order of the file. A damaged file ends early.
    /// </summary>
    public static List<(string Type, string Paragraph)> Read(string path)
    {
        var paragraphs = new List<(string, string)>();
        using XmlReader xml = XmlReader.Create(path, new XmlReaderSettings { IgnoreComments = true });
        try
        {
            while (xml.ReadToFollowing("member"))
            {
                if (xml.GetAttribute("name") is { Length: > 2 } name && !xml.IsEmptyElement)
                {
                    using XmlReader member = xml.ReadSubtree();
                    string text = ReadMember(member, MemberName.Short(name));
                    if (text.Length > 0)
                    {
                        paragraphs.Add((MemberName.TypeOf(name), text));
                    }
                }
            }
        }
        catch (XmlException)
        {
            // What came before the damage is good text.
        }
        return paragraphs;
    }

    private static string ReadMember(XmlReader xml, string name)
    {
        var text = new ProseBuilder();
        string summary = "";
        var details = new StringBuilder();
        xml.Read();
        xml.Read();
        while (!xml.EOF)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                xml.Read();
                continue;
            }
            string element = xml.Name;
            string parameter = xml.GetAttribute("name") ?? "";
            if (element is not ("summary" or "remarks" or "param" or "typeparam" or "returns" or "value"))
            {
                xml.Skip();
                continue;
            }
            using (XmlReader content = xml.ReadSubtree())
            {
                text.Append(content);
            }
            xml.Read();
            string prose = text.Take();
            if (!IsWorthReading(prose))
            {
                continue;
            }
            switch (element)
            {
                case "summary":
                    summary = prose;
                    break;
                case "returns" or "value":
                    details.Append("\nReturns: ").Append(prose);
                    break;
                case "remarks":
                    details.Append('\n').Append(prose);
                    break;
                default:
                    details.Append('\n').Append(parameter).Append(": ").Append(prose);
                    break;
            }
        }
        // Details without a summary are of generated members; they repeat one another.
        return summary.Length == 0 ? "" : $"{name}: {summary}{details}";
    }

    private static bool IsWorthReading(string prose) =>
        prose.Length >= 12 && prose.Contains(' ', StringComparison.Ordinal)
        && !prose.StartsWith("To be added", StringComparison.Ordinal);
}
