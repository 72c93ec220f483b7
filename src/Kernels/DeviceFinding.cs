namespace Inheritune.Kernels;

/// <summary>One line of what a machine offers for computing.</summary>
/// <param name="What">Library or device.</param>
/// <param name="Found">What is there, with version and path.</param>
/// <param name="State">"ok", or what is missing, for what, and how to get it.</param>
/// <param name="Tried">Every place that was looked at, in order, with what was there.</param>
public sealed record DeviceFinding(string What, string Found, string State, IReadOnlyList<string> Tried);
