using Inheritune.Kernels.Cpu;

namespace Kernels.Tests.Cpu;

/// <summary>Parallel loops end, and do each item once.</summary>
public sealed unsafe class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void For_ManyShortLoopsWithPauses_DoesEveryItemOnce(int threads)
    {
        using var team = new ThreadTeam(threads);
        var counts = stackalloc int[100];
        for (var loop = 1; loop <= 200; loop++)
        {
            team.For(new CountJob { Counts = counts }, 100, 7);
            Assert.DoesNotContain(new ReadOnlySpan<int>(counts, 100).ToArray(), c => c != loop);
            if (loop % 20 == 0)
            {
                // Long enough for the workers to park.
                Thread.Sleep(1);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void For_BodyThrows_CallerGetsItAndTheTeamWorksOn(int threads)
    {
        using var team = new ThreadTeam(threads);
        var counts = stackalloc int[100];
        for (var loop = 1; loop <= 20; loop++)
        {
            var exception = Assert.Throws<InvalidOperationException>(() => team.For(default(ThrowingJob), 50, 1));
            Assert.Equal("item 20", exception.Message);
            team.For(new CountJob { Counts = counts }, 100, 1);
            Assert.DoesNotContain(new ReadOnlySpan<int>(counts, 100).ToArray(), c => c != loop);
        }
    }

    [Fact]
    public void For_Repeated_AllocatesNothing()
    {
        using var team = new ThreadTeam(3);
        var counts = stackalloc int[100];
        team.For(new CountJob { Counts = counts }, 100, 1);

        // At most one attempt may see an allocation: the runtime's own. One that comes back, be it only now and then, is found.
        var attempts = new long[10];
        for (var attempt = 0; attempt < attempts.Length; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var loop = 0; loop < 100; loop++)
            {
                team.For(new CountJob { Counts = counts }, 100, 1);
            }

            attempts[attempt] = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.True(attempts.Count(bytes => bytes != 0) <= 1, $"bytes by attempt: {string.Join(' ', attempts)}");
    }

    private struct ThrowingJob : IParallelJob
    {
        public readonly void Run(long begin, long end, int thread)
        {
            if (begin <= 20 && end > 20)
            {
                throw new InvalidOperationException("item 20");
            }
        }
    }

    private struct CountJob : IParallelJob
    {
        public int* Counts;

        public readonly void Run(long begin, long end, int thread)
        {
            for (var i = begin; i < end; i++)
            {
                Counts[i]++;
            }
        }
    }
}
