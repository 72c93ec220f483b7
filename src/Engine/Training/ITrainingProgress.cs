namespace Inheritune.Engine.Training;

/// <summary>Told what a run does, on the thread that trains.</summary>
public interface ITrainingProgress
{
    /// <summary>A step is done.</summary>
    void OnStep(in StepResult step, long totalSteps);

    /// <summary>An evaluation is done.</summary>
    /// <param name="step">Steps done before it.</param>
    /// <param name="loss">Mean over the fixed batches.</param>
    /// <param name="standardError">s / √n over the batches, 0 for one batch.</param>
    void OnEvaluation(long step, double loss, double standardError);

    /// <summary>A checkpoint is complete.</summary>
    void OnCheckpoint(long step, string folder);

    /// <summary>Something worth one line: resumed, nothing to do, a step skipped.</summary>
    void OnNotice(string text);
}
