using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Kernels.Tests.Gpu.Fragments;

/// <summary>What a GPU answered: tests/fixtures/simt/NAME.bin.</summary>
/// <param name="Machine">GPU.</param>
/// <param name="Driver">CUDA version of its driver.</param>
/// <param name="Compiler">Version of NVRTC.</param>
/// <param name="Blocks">Grid.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="Input">Words that the kernel read.</param>
/// <param name="Output">Words that it wrote.</param>
internal sealed record FragmentRecording(
    string Machine, string Driver, string Compiler, int Blocks, int Threads, uint[] Input, uint[] Output)
{
    private const int Version = 1;

    private static byte[] Magic => "INHFRAG\n"u8.ToArray();

    /// <summary>Where recordings are.</summary>
    public static string Folder => Path.Combine(Fixtures.Own, "simt");

    /// <summary>The file of a fragment.</summary>
    public static string PathOf(string folder, string name) => Path.Combine(folder, name + ".bin");

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        using (var file = new FileStream(temporary, FileMode.CreateNew))
        {
            using (var writer = new BinaryWriter(file, System.Text.Encoding.UTF8, leaveOpen: true))
            {
                writer.Write(Magic);
                writer.Write(Version);
                writer.Write(Machine);
                writer.Write(Driver);
                writer.Write(Compiler);
                foreach (var number in (int[])[Blocks, Threads, Input.Length, Output.Length])
                {
                    writer.Write(number);
                }
            }

            using (var words = new ZLibStream(file, CompressionLevel.SmallestSize, leaveOpen: true))
            {
                words.Write(MemoryMarshal.AsBytes<uint>(Input));
                words.Write(MemoryMarshal.AsBytes<uint>(Output));
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no recording of this version.</exception>
    public static FragmentRecording Read(string path)
    {
        using var file = File.OpenRead(path);
        using var reader = new BinaryReader(file, System.Text.Encoding.UTF8, leaveOpen: true);
        if (!reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic) || reader.ReadInt32() != Version)
        {
            throw new InvalidDataException($"{path}: expected a recording of version {Version}. Record it again.");
        }

        var (machine, driver, compiler) = (reader.ReadString(), reader.ReadString(), reader.ReadString());
        var (blocks, threads) = (reader.ReadInt32(), reader.ReadInt32());
        var (input, output) = (new uint[reader.ReadInt32()], new uint[reader.ReadInt32()]);
        using var words = new ZLibStream(file, CompressionMode.Decompress);
        words.ReadExactly(MemoryMarshal.AsBytes(input.AsSpan()));
        words.ReadExactly(MemoryMarshal.AsBytes(output.AsSpan()));
        return new FragmentRecording(machine, driver, compiler, blocks, threads, input, output);
    }
}
