namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>A point-wise function and its derivative.</summary>
internal interface IActivation
{
    static abstract TLanes Value<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>;

    static abstract TLanes Derivative<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>;
}
