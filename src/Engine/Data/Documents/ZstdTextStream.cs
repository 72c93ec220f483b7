using Inheritune.Engine.Data.Codecs;

namespace Inheritune.Engine.Data.Documents;

/// <summary>Unpacks a zstd file; a fault names the file.</summary>
internal sealed class ZstdTextStream : ReadOnlyStream
{
    private readonly string _path;
    private readonly ZstdFrameStream _frames;

    public ZstdTextStream(Stream packed, string path)
    {
        _path = path;
        try
        {
            _frames = new ZstdFrameStream(packed);
        }
        catch (DecompressException fault)
        {
            packed.Dispose();
            throw Named(fault);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _frames.Read(buffer);
        }
        catch (DecompressException fault)
        {
            throw Named(fault);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _frames.Dispose();
        base.Dispose(disposing);
    }

    private CorpusException Named(DecompressException fault) => new(
        "decompress", $"Read text: {_path}: {fault.Message}. Get the file again, or unpack it first.");
}
