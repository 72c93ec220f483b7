namespace Inheritune.Kernels.Cuda;

/// <summary>Attributes of a matrix product: 4 bytes, pointers and AuxLd 8.</summary>
internal enum LtDescriptorAttribute
{
    TransA = 3,
    TransB = 4,
    Epilogue = 7,
    BiasPointer = 8,
    EpilogueAuxPointer = 11,
    EpilogueAuxLd = 12,
    EpilogueAuxDataType = 22,
    BiasDataType = 26,
}
