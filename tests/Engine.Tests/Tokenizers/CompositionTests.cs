using System.Security.Cryptography;
using System.Text;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class CompositionTests
{
    [Theory]
    [InlineData("cafe\u0301", "caf\u00e9")]
    [InlineData("A\u030a \u212b \u00c5", "\u00c5 \u00c5 \u00c5")]
    [InlineData("\u1e9b\u0323", "\u1e9b\u0323")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\u0958", "\u0915\u093c")]
    [InlineData("\u1100\u1161\u11a8", "\uac01")]
    [InlineData("\uac00\u11a7", "\uac00\u11a7")]
    [InlineData("\u0301\u0300e", "\u0301\u0300e")]
    [InlineData("\U0001611E\U00016121", "\U00016121\U0001611E")]
    public void Compose_KnownText_GivesTheComposedForm(string text, string expected) =>
        Assert.Equal(expected, Composition.Compose(text));

    [Fact]
    public void Compose_LoneSurrogate_IsTheReplacementCharacter() =>
        Assert.Equal("\ufffd\u00e9", Composition.Compose("\ud800e\u0301"));

    [Fact]
    public void Compose_EveryRune_MatchesTheReferenceHash()
    {
        // SHA-256 of what ICU 78 (Unicode 17) makes of every rune, each between two letters.
        var text = new StringBuilder();
        for (int value = 0; value < 0x110000; value++)
        {
            if (Rune.IsValid(value))
            {
                text.Append('a').Append(new Rune(value).ToString()).Append("b\n");
            }
        }
        Assert.Equal(
            "c40dbccb601aa04c8c9dc563e97d6b8ff65c79e20b524dcdc4c07660cfc540e2", Hash(Composition.Compose(text.ToString())));
    }

    [Fact]
    public void Compose_RandomStrings_MatchTheReferenceHash()
    {
        // SHA-256 of what ICU 78 (Unicode 17) makes of 20000 strings of letters and marks that interact.
        var result = new StringBuilder();
        uint state = 1;
        for (int round = 0; round < 20_000; round++)
        {
            var text = new StringBuilder();
            for (int length = (int)(Next() % 12); length >= 0; length--)
            {
                (int first, int count) = Pools[Next() % (uint)Pools.Length];
                text.Append(new Rune(first + (int)(Next() % (uint)count)).ToString());
            }
            string composed = Composition.Compose(text.ToString());
            Assert.Equal(composed, Composition.Compose(composed));
            result.Append(composed).Append('\n');
        }
        Assert.Equal(
            "2e9bb65d9eb2859b4109f140acbfb56d8cdc1e5f5c5baae6569bf4b21fc9f40a", Hash(result.ToString()));

        uint Next()
        {
            state = (state * 1664525) + 1013904223;
            return state >> 8;
        }
    }

    [Fact]
    public void Compose_AMillionMarks_StaysNearLinear()
    {
        string text = "e" + string.Concat(Enumerable.Repeat("\u0301\u0323", 500_000));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        string composed = Composition.Compose(text);
        Assert.Equal(0x1EB9, composed[0]);
        Assert.Equal(text.Length - 1, composed.Length);
        Assert.True(clock.Elapsed.TotalSeconds < 20);
    }

    private static readonly (int First, int Count)[] Pools =
    [
        (0x20, 0x60), (0xC0, 0x180), (0x300, 0x70), (0x300, 0x30), (0x370, 0x90), (0x591, 0x80), (0x900, 0x180),
        (0xDC0, 0x40), (0xF00, 0xC0), (0x1100, 0x200), (0x1B00, 0x60), (0x1E00, 0x200), (0x2100, 0x200),
        (0x3040, 0xC0), (0xAC00, 0x2BA4), (0xF900, 0x200), (0x11080, 0x60), (0x11300, 0x100), (0x16100, 0x40),
        (0x1D150, 0x80), (0x2F800, 0x220),
    ];

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
