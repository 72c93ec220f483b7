namespace Inheritune.Kernels.Cuda;

/// <summary>The exact size of an attribute's value: the library refuses any other.</summary>
internal static class LtAttributeBytes
{
    public static int Bytes(this LtDescriptorAttribute attribute) => attribute switch
    {
        LtDescriptorAttribute.BiasPointer or LtDescriptorAttribute.EpilogueAuxPointer
            or LtDescriptorAttribute.EpilogueAuxLd => 8,
        _ => 4,
    };

    public static int Bytes(this LtPreferenceAttribute attribute) =>
        attribute == LtPreferenceAttribute.MaxWorkspaceBytes ? 8 : 4;
}
