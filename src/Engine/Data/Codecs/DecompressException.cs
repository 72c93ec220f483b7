namespace Inheritune.Engine.Data.Codecs;

/// <summary>Packed bytes do not unpack to what they should; the caller knows the file and the place.</summary>
internal sealed class DecompressException(string message) : Exception(message);
