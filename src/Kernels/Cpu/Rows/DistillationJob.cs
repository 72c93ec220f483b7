using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>
/// Cross-entropy, divergence from the teacher and their gradient, an item per row, in f64: two passes for the largest
/// logits and the sums, one for the gradient. Equal logits give a divergence of exactly 0.
/// </summary>
internal unsafe struct DistillationJob : IParallelJob
{
    public float* Losses, Divergences, Logits, Teacher;
    public int* Targets;
    public long Columns, TeacherColumns;

    /// <summary>Both numbers of columns are set.</summary>
    public DistillationTerms Terms;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        for (var n = begin; n < end; n++)
        {
            var z = Logits + n * Columns;
            if (Targets[n] == Ops.IgnoredTarget)
            {
                (Losses[n], Divergences[n]) = (0, 0);
                new Span<float>(z, checked((int)Columns)).Clear();
            }
            else
            {
                Row(n, z, Teacher + n * TeacherColumns);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Row(long n, float* z, float* teacher)
    {
        var inverse = 1 / Terms.Temperature;
        double largest = Largest(z, Terms.Vocabulary);
        double student = Largest(z, Terms.Shared);
        double most = Largest(teacher, Terms.Shared);
        var (sum, q, p, cross) = (0.0, 0.0, 0.0, 0.0);
        for (long v = 0; v < Terms.Vocabulary; v++)
        {
            sum += Math.Exp(z[v] - largest);
        }

        for (long v = 0; v < Terms.Shared; v++)
        {
            var e = Math.Exp((teacher[v] - most) * inverse);
            q += Math.Exp((z[v] - student) * inverse);
            p += e;

            // NOTE: a share of 0 contributes 0, also where the student's logit is −∞.
            cross += e == 0 ? 0 : e * (teacher[v] - most - (z[v] - student)) * inverse;
        }

        Losses[n] = (float)(Math.Log(sum) + (largest - z[Targets[n]]));
        Divergences[n] = (float)(Terms.Temperature * Terms.Temperature * (cross / p + (Math.Log(q) - Math.Log(p))));
        var (hard, soft) = (Terms.Scale * (1 - Terms.Alpha), Terms.Scale * Terms.Alpha * Terms.Temperature);
        for (long v = 0; v < Terms.Vocabulary; v++)
        {
            var gradient = hard * (Math.Exp(z[v] - largest) / sum - (v == Targets[n] ? 1 : 0));
            if (v < Terms.Shared)
            {
                gradient += soft * (Math.Exp((z[v] - student) * inverse) / q
                    - Math.Exp((teacher[v] - most) * inverse) / p);
            }

            z[v] = (float)gradient;
        }

        new Span<float>(z + Terms.Vocabulary, checked((int)(Columns - Terms.Vocabulary))).Clear();
    }

    private static float Largest(float* values, long count)
    {
        var largest = values[0];
        for (long v = 1; v < count; v++)
        {
            largest = Math.Max(largest, values[v]);
        }

        return largest;
    }
}
