namespace Inheritune.Engine.Training;

/// <summary>What happened in one step.</summary>
/// <param name="Step">0-based number of the step.</param>
/// <param name="LearningRate">Rate of the update.</param>
/// <param name="Loss">Mean of the micro-batches' mean losses, before the update, nats per token.</param>
/// <param name="GradientNorm">‖g‖₂ of the joined gradient before clipping.</param>
/// <param name="ClipFactor">What the gradient was multiplied by, 1 or less.</param>
/// <param name="Tokens">Tokens trained on so far, this step included.</param>
/// <param name="Milliseconds">Wall time of the step.</param>
/// <param name="Skipped">The update was left out (<see cref="OutlierAction.Skip"/>).</param>
public readonly record struct StepResult(
    long Step, double LearningRate, double Loss, double GradientNorm, double ClipFactor, long Tokens,
    double Milliseconds,
    bool Skipped);
