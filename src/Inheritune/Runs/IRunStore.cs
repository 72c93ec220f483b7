using Inheritune.Reports;

namespace Inheritune.Runs;

/// <summary>Where a run's numbers are kept between stages.</summary>
internal interface IRunStore
{
    /// <summary>Keeps the result, whole or not at all.</summary>
    void Save(RunResult result);
}
