using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Growth;

namespace Inheritune.Tests.Growth;

public sealed class InheritPlanTests
{
    private static readonly DecoderConfig Gpt2 = new()
    {
        VocabSize = 29,
        Hidden = 24,
        Layers = 6,
        Heads = 4,
        MaxPositions = 40,
        ScaleAttentionByLayer = true,
    };

    [Fact]
    public void Table_OfAList_ShowsBlocksPartsAndScales()
    {
        var plan = InheritPlan.FromReference(Gpt2, LayerSelection.List([0, 3], 6));
        Assert.Equal(
            """
            list 0,3: 2 blocks
            child block 0 ← reference block 0: attention, MLP, norms; scale 1
            child block 1 ← reference block 3: attention, MLP, norms; scale 1/4
            token embedding and head ← reference
            position embedding ← reference
            final norm ← reference

            """, plan.ToTable());
    }

    [Fact]
    public void Table_OfOtherPlans_ShowsWhatIsSpecial()
    {
        var llama = Gpt2 with { Tied = false, Position = PositionKind.Rotary, ScaleAttentionByLayer = false };
        var compat = GrowthOperators.Reinherit(llama, 2, new InheritOptions
        {
            Mode = InheritMode.OfficialCompat,
            Parts = BlockParts.Attention | BlockParts.Norm1,
        }).ToTable();
        Assert.Contains("first 2: 2 blocks, as in the published scripts", compat, StringComparison.Ordinal);
        Assert.Contains(
            "child block 1 ← reference block 1: attention, norm 1, the rest "
            + "fresh\n", compat, StringComparison.Ordinal);
        Assert.Contains(
            "token embedding ← fresh, N(0, 1)\nfinal norm ← fresh\nhead ← "
            + "reference\n", compat, StringComparison.Ordinal);
        var grown = GrowthOperators.Identity(Gpt2, [5]).ToTable();
        Assert.Contains(
            "grown block 6 ← child block 5: attention, MLP, norms; outputs 0; scale "
            + "1/6", grown, StringComparison.Ordinal);
        var query = GrowthOperators.HybridStack(Gpt2, 3, AttentionScaleCompensation.Query).ToTable();
        Assert.Contains(
            "child block 3 ← reference block 0: attention, MLP, norms; scale 1/4; query × "
            + "4", query, StringComparison.Ordinal);
        Assert.Contains("grown block 7 ← fresh; scale 1/8", GrowthOperators.Random(Gpt2, 2).ToTable(), StringComparison.Ordinal);
    }

    [Fact]
    public void Growth_OfAGrownModel_KeepsItsScales()
    {
        var once = GrowthOperators.Stack(Gpt2 with { Layers = 2 }).Config;
        Assert.Equal([1, 2, 1, 2], once.ScaleDivisors);
        Assert.Equal([1, 2, 1, 2, 1, 2, 1, 2], GrowthOperators.Stack(once).Config.ScaleDivisors);
        Assert.Equal([1, 2, 1, 2, 5], GrowthOperators.AppendNext(once, Gpt2, 1).Config.ScaleDivisors);
        Assert.Null(GrowthOperators.Stack(once, AttentionScaleCompensation.Off).Config.ScaleDivisors);
        Assert.Equal([1, 0.5, 3, 2], GrowthOperators.Reinherit(once with { ScaleDivisors = [1, 4, 1, 2] }, 4,
            new InheritOptions { Compensation = AttentionScaleCompensation.Query }).Blocks.Select(block => block.QueryFactor));
    }

    [Fact]
    public void BestWindow_TakesTheHighestMean_TheEarliestOnATie()
    {
        Assert.Equal([2, 3], LayerSelection.BestWindow([1, 5, 6, 6, 4], 2).Blocks);
        Assert.Equal([0, 1], LayerSelection.BestWindow([3, 3, 3, 3], 2).Blocks);
    }

    [Fact]
    public void Errors_NameTheBlockAndTheRange()
    {
        void Refused(Action action, string text) =>
            Assert.Contains(text, Assert.Throws<GrowthException>(action).Message, StringComparison.Ordinal);
        Refused(() => LayerSelection.List([0, 6], 6), "block 6: expected 0 to 5");
        Refused(() => LayerSelection.First(7, 6), "block 6: expected 0 to 5");
        Refused(() => LayerSelection.First(0, 6), "expected at least one");
        Refused(() => LayerSelection.Range(4, 2, 6), "range 4..2: expected at least one");
        Refused(() => LayerSelection.Stride(0, 0, 6), "expected a step of 1 or more");
        Refused(() => LayerSelection.BestWindow([1, 2], 3), "expected 1 to 2 blocks");
        Refused(() => GrowthOperators.AppendNext(Gpt2 with { Layers = 5 }, Gpt2, 2), "expected 1 to 1 more blocks");
        Refused(() => GrowthOperators.AppendNext(Gpt2 with { Layers = 5, Hidden = 32 }, Gpt2, 1), "hidden size: expected 24");
        Refused(() => GrowthOperators.Midas(Gpt2, ModelSource.Child, 4), "expected a divisor of the model's 6 blocks");
        Refused(() => GrowthOperators.Identity(Gpt2, [6]), "block 6");
        Refused(() => GrowthOperators.Random(Gpt2, 0), "expected 1 or more");
    }

    [Fact]
    public void Lineage_WrittenAndRead_IsTheSame()
    {
        var folder = Directory.CreateTempSubdirectory("lineage-").FullName;
        try
        {
            Assert.Null(Lineage.TryRead(folder));
            var plan = GrowthOperators.Identity(Gpt2 with { Layers = 2 }, [1]);
            var lineage = Lineage.From(plan, "ab12", "cd34", round: 3) with { Tokens = 5_000_000_000, Reference = "gpt2-medium" };
            Assert.Equal(["child 0", "child 1", "child 1 zero-outputs"], lineage.BlockMap);
            lineage.Write(folder);
            var read = Lineage.TryRead(folder)!;
            Assert.Equal(lineage.BlockMap, read.BlockMap);
            Assert.Equal(lineage, read with { BlockMap = lineage.BlockMap });
            foreach (var text in (string[])["", "{}", "[]", "{\"version\": 2}", "{\"version\": 1, \"operation\": 3}"])
            {
                File.WriteAllText(Path.Combine(folder, Lineage.FileName), text);
                Assert.Throws<CheckpointException>(() => Lineage.TryRead(folder));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void ModelHash_SameValues_SameHash_OtherValueOtherHash()
    {
        using var device = Kernels.Devices.Open("cpu", 1);
        using var model = ModelFolder.Load(device, Fixtures.Find("training/child-gpt2"));
        var folder = Directory.CreateTempSubdirectory("hash-").FullName;
        try
        {
            ModelFolder.Save(model, folder, new ModelSaveOptions { ShardBytes = 20_000 });
            using var again = ModelFolder.Load(device, folder);
            var hash = ModelHash.Of(model);
            Assert.Equal(64, hash.Length);
            Assert.Equal(hash, ModelHash.Of(again));
            device.Ops.Scale(again.Weights["h.1.o.bias"].Slice(0, 1), 1.0001f);
            Assert.NotEqual(hash, ModelHash.Of(again));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
