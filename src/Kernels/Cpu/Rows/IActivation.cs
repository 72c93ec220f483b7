namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>A point-wise function and its derivative.</summary>
internal interface IActivation
{
    static abstract TLanes Value<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>;

    static abstract TLanes Derivative<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>;

    /// <summary>Both, with what they share computed once.</summary>
    static abstract (TLanes Value, TLanes Derivative) Both<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>;
}
