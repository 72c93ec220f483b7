using Inheritune.Engine.Data;
using Inheritune.Engine.Model;

namespace Inheritune.Engine.Generation;

/// <summary>
/// Turns a row of logits into the next token. Computes in f64; its buffers serve every row.
/// </summary>
public sealed class TokenSampler
{
    private readonly SamplingOptions _options;
    private readonly double[] _logits;
    private readonly double[] _probabilities;
    private readonly int[] _order;
    private readonly bool[] _isSeen;
    private readonly Comparison<int> _byLogit;
    private ulong _draws;

    /// <summary>A sampler for rows of <paramref name="vocabSize"/> logits.</summary>
    /// <exception cref="ModelException">An option is out of range.</exception>
    public TokenSampler(SamplingOptions options, int vocabSize)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _logits = new double[vocabSize];
        _probabilities = new double[vocabSize];
        _order = new int[vocabSize];
        _isSeen = new bool[vocabSize];
        _byLogit = (a, b) => _logits[a] != _logits[b] ? _logits[a].CompareTo(_logits[b]) : a.CompareTo(b);
    }

    /// <summary>The next token.</summary>
    /// <param name="logits">V values, f32.</param>
    /// <param name="history">Tokens so far: what the repetition penalty looks at.</param>
    /// <exception cref="ModelException">The logits are not numbers.</exception>
    public int Next(ReadOnlySpan<float> logits, IReadOnlyList<int> history)
    {
        if (_options.Temperature == 0)
        {
            Load(logits, history);
            return IndexOfLargest();
        }

        var probabilities = Probabilities(logits, history);
        var target = (CounterRandom.Bits(_options.Seed, _draws++) >> 11) * (1.0 / (1UL << 53));
        var (sum, last) = (0.0, 0);
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] > 0)
            {
                sum += probabilities[i];
                last = i;
                if (sum > target)
                {
                    break;
                }
            }
        }

        return last;
    }

    /// <summary>
    /// The distribution that the options leave: V probabilities with sum 1, valid until the next call.
    /// </summary>
    /// <param name="logits">V values, f32.</param>
    /// <param name="history">Tokens so far.</param>
    /// <exception cref="ModelException">The logits are not numbers.</exception>
    public ReadOnlySpan<double> Probabilities(ReadOnlySpan<float> logits, IReadOnlyList<int> history)
    {
        Load(logits, history);
        var largest = IndexOfLargest();
        if (_options.Temperature == 0)
        {
            Array.Clear(_probabilities);
            _probabilities[largest] = 1;
            return _probabilities;
        }

        var sum = 0.0;
        for (var i = 0; i < _logits.Length; i++)
        {
            _probabilities[i] = Math.Exp((_logits[i] - _logits[largest]) / _options.Temperature);
            sum += _probabilities[i];
        }

        if (_options.TopK > 0 || _options.TopP < 1)
        {
            sum = Filter(sum);
        }

        for (var i = 0; i < _probabilities.Length; i++)
        {
            _probabilities[i] /= sum;
        }

        return _probabilities;
    }

    /// <summary>Sets what top-k and top-p drop to 0 and returns the sum of the rest.</summary>
    private double Filter(double sum)
    {
        for (var i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        _order.AsSpan().Sort(_byLogit);
        var first = 0;
        if (_options.TopK > 0 && _options.TopK < _order.Length)
        {
            var smallestKept = _logits[_order[^_options.TopK]];
            for (; _logits[_order[first]] < smallestKept; first++)
            {
                Drop(first);
            }

            sum = SumFrom(first);
        }

        if (_options.TopP < 1)
        {
            var budget = (1 - _options.TopP) * sum;
            for (var dropped = 0.0; first < _order.Length - 1; first++)
            {
                dropped += _probabilities[_order[first]];
                if (dropped > budget)
                {
                    break;
                }

                Drop(first);
            }
        }

        return SumFrom(first);
    }

    private void Drop(int rank) => _probabilities[_order[rank]] = 0;

    private double SumFrom(int rank)
    {
        var sum = 0.0;
        for (; rank < _order.Length; rank++)
        {
            sum += _probabilities[_order[rank]];
        }

        return sum;
    }

    /// <summary>
    /// Copies the logits and applies the repetition penalty, once per token of the history.
    /// </summary>
    private void Load(ReadOnlySpan<float> logits, IReadOnlyList<int> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (logits.Length != _logits.Length)
        {
            throw new ModelException($"Sampling: logits: expected {_logits.Length}, got {logits.Length}.");
        }

        for (var i = 0; i < logits.Length; i++)
        {
            _logits[i] = logits[i];
        }

        if (_options.RepetitionPenalty == 1)
        {
            return;
        }

        Array.Clear(_isSeen);
        for (var i = 0; i < history.Count; i++)
        {
            var id = history[i];
            if (!_isSeen[id])
            {
                _isSeen[id] = true;
                _logits[id] *= _logits[id] < 0 ? _options.RepetitionPenalty : 1 / _options.RepetitionPenalty;
            }
        }
    }

    private int IndexOfLargest()
    {
        var largest = 0;
        for (var i = 0; i < _logits.Length; i++)
        {
            if (double.IsNaN(_logits[i]) || double.IsPositiveInfinity(_logits[i]))
            {
                throw new ModelException(
                    $"Sampling: logit {i}: expected a number, got {_logits[i]}. The model's weights hold values that are not "
                    + "finite: its training diverged. Use an earlier checkpoint.");
            }

            if (_logits[i] > _logits[largest])
            {
                largest = i;
            }
        }

        return largest;
    }
}
