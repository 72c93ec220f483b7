namespace Inheritune.Kernels.Cuda;

/// <summary>What an algorithm may assume: alignments are 4 bytes, initially 256; the workspace 8, initially none.</summary>
internal enum LtPreferenceAttribute
{
    MaxWorkspaceBytes = 1,
    MinAlignmentABytes = 5,
    MinAlignmentBBytes = 6,
    MinAlignmentCBytes = 7,
    MinAlignmentDBytes = 8,
}
