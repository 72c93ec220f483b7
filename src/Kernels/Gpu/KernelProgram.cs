namespace Inheritune.Kernels.Gpu;

/// <summary>Sections of kernels.cu that are compiled by themselves (-DPROGRAM).</summary>
internal enum ProgramKind
{
    /// <summary>Row-wise and element-wise operations.</summary>
    Rows = 1,

    /// <summary>Matrix products.</summary>
    Gemm = 2,

    /// <summary>Attention for one head size.</summary>
    Attention = 3,

    /// <summary>No section: golden.cu, appended to kernels.cu, has a kernel for each wrapper of an instruction.</summary>
    Golden = 4,
}

/// <summary>One specialisation of kernels.cu: which section, and the constants it is compiled with.</summary>
/// <param name="Kind">Section.</param>
/// <param name="Bf16">Elements are bf16 (-DELEMENT_BF16=1), else f32.</param>
/// <param name="HeadSize">HS for attention (-DHEAD_SIZE), else 0.</param>
internal readonly record struct KernelProgram(ProgramKind Kind, bool Bf16, int HeadSize)
{
    /// <summary>As in "rows_bf16" or "attention_64_f32".</summary>
    public string Name =>
        $"{Kind.ToString().ToLowerInvariant()}{(HeadSize > 0 ? $"_{HeadSize}" : "")}_{(Bf16 ? "bf16" : "f32")}";

    /// <summary>The constants, as options of the compiler.</summary>
    public IEnumerable<string> Defines
    {
        get
        {
            yield return $"-DPROGRAM={(int)Kind}";
            yield return $"-DELEMENT_BF16={(Bf16 ? 1 : 0)}";
            if (HeadSize > 0)
            {
                yield return $"-DHEAD_SIZE={HeadSize}";
            }
        }
    }
}
