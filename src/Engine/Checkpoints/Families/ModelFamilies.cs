namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>The families by model type.</summary>
internal static class ModelFamilies
{
    private static readonly ModelFamily[] All =
    [
        new Gpt2Family(), new LlamaFamily(), new NeoxFamily(), new OptFamily(), new MptFamily(), new MosaicGptFamily(),
    ];

    /// <summary>The adapter of a model type.</summary>
    /// <param name="modelType">"gpt2", "llama", "gpt_neox", "opt", "mpt", "mosaic_gpt".</param>
    /// <param name="where">Start of the message.</param>
    /// <exception cref="UnknownModelTypeException">There is none.</exception>
    public static ModelFamily Get(string modelType, string where)
    {
        foreach (var family in All)
        {
            if (family.ModelType == modelType)
            {
                return family;
            }
        }

        var known = string.Join(", ", All.Select(family => family.ModelType));
        throw new UnknownModelTypeException(
            modelType, $"{where}: unknown model type '{modelType}': expected one of {known}.");
    }
}
