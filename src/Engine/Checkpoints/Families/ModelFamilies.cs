namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>The families by model type.</summary>
internal static class ModelFamilies
{
    private static readonly ModelFamily[] All = [new Gpt2Family(), new LlamaFamily()];

    private static readonly string[] Planned = ["gpt_neox", "opt", "mpt", "mosaic_gpt"];

    /// <summary>The adapter of a model type.</summary>
    /// <param name="modelType">"gpt2", "llama".</param>
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
        throw new UnknownModelTypeException(modelType, Planned.Contains(modelType)
            ? $"{where}: model type '{modelType}' is not supported yet: expected one of {known}."
            : $"{where}: unknown model type '{modelType}': expected one of {known}.");
    }
}
