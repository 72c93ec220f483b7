using System.Text;
using Microsoft.ML.Tokenizers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>Unicode composition (NFC), where the runtime has the data for it.</summary>
internal sealed class Composition : Normalizer
{
    private Composition()
    {
    }

    public static Composition Instance { get; } = new();

    /// <summary>
    /// Whether composing works here. NOTE: without globalisation data .NET returns the text unchanged and
    /// says nothing, so it is tried.
    /// </summary>
    public static bool IsAvailable { get; } = "e\u0301".Normalize(NormalizationForm.FormC) == "\u00e9";

    /// <exception cref="TokenizerException">The runtime cannot compose.</exception>
    public static void RequireAvailable()
    {
        if (!IsAvailable)
        {
            throw new TokenizerException(
                "Tokenizer: normalizer: expected none, got NFC, which this program cannot apply "
                + "because it runs "
                + "without Unicode composition tables. Use a tokenizer without a normaliser (GPT-2, "
                + "Llama 3), "
                + "or run with globalisation data (DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0 and libicu).");
        }
    }

    public static string Compose(string text) => text.Normalize(NormalizationForm.FormC);

    public override string Normalize(string original) => Compose(original);

    public override string Normalize(ReadOnlySpan<char> original) => Compose(new string(original));
}
