using System.Text;
using System.Xml;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Collects the text inside documentation elements as prose: white space normalised, names readable.
/// </summary>
internal sealed class ProseBuilder
{
    private readonly StringBuilder _text = new();
    private char _pending;

    /// <summary>The text collected so far; starts anew.</summary>
    public string Take()
    {
        string text = _text.ToString();
        _text.Clear();
        _pending = '\0';
        return text;
    }

    /// <summary>Appends all text of an element. Code listings are left out.</summary>
    public void Append(XmlReader xml)
    {
        xml.Read();
        while (xml.Read())
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Element when xml.Name is "code" or "devremarks" or "script" && !xml.IsEmptyElement:
                    SkipElement(xml);
                    break;
                case XmlNodeType.Element:
                    AppendElement(xml);
                    break;
                case XmlNodeType.EndElement when xml.Name is "para" or "item" or "list" or "p" or "li" or "listheader":
                    Break('\n');
                    break;
                case XmlNodeType.EndElement when xml.Name is "term":
                    Break(' ');
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    AppendText(xml.Value);
                    break;
            }
        }
    }

    private void AppendElement(XmlReader xml)
    {
        switch (xml.Name)
        {
            case "see" or "seealso" or "xref" when xml.IsEmptyElement:
                AppendText(Reference(xml));
                break;
            case "paramref" or "typeparamref":
                AppendText(xml.GetAttribute("name") ?? "");
                break;
            case "para" or "item" or "list" or "p" or "li" or "br" or "listheader":
                Break('\n');
                break;
        }
    }

    private static string Reference(XmlReader xml)
    {
        if (xml.GetAttribute("cref") is { Length: > 2 } target)
        {
            return MemberName.Short(target);
        }
        return xml.GetAttribute("langword") ?? xml.GetAttribute("href") ?? "";
    }

    /// <summary>
    /// Leaves the reader on the end of the element, so that the next read goes on after it.
    /// </summary>
    private static void SkipElement(XmlReader xml)
    {
        int depth = xml.Depth;
        while (xml.Read() && xml.Depth > depth)
        {
        }
    }

    private void AppendText(string text)
    {
        foreach (char c in text)
        {
            if (char.IsWhiteSpace(c))
            {
                Break(' ');
                continue;
            }
            if (_pending != '\0' && _text.Length > 0)
            {
                _text.Append(_pending);
            }
            _pending = '\0';
            _text.Append(c);
        }
    }

    private void Break(char kind)
    {
        if (_pending != '\n')
        {
            _pending = kind;
        }
    }
}
