using Inheritune.Kernels.Cuda;
using ManagedCuda.BasicTypes;
using ManagedCuda.CudaBlas;
using ManagedCuda.NVRTC;

namespace Kernels.Tests.Cuda;

/// <summary>Numbers that go to the libraries, against their headers.</summary>
public sealed class EnumValueTests
{
    // Members whose managed name is not the end of the header's.
    private static readonly Dictionary<(Type, string), string> Renamed = new()
    {
        [(typeof(Operation), "NonTranspose")] = "CUBLAS_OP_N",
        [(typeof(Operation), "Transpose")] = "CUBLAS_OP_T",
        [(typeof(LtEpilogue), "None")] = "CUBLASLT_EPILOGUE_DEFAULT",
        [(typeof(LtEpilogue), "GeluBackward")] = "CUBLASLT_EPILOGUE_DGELU",
        [(typeof(LtEpilogue), "SumOfA")] = "CUBLASLT_EPILOGUE_BGRADA",
        [(typeof(LtEpilogue), "SumOfB")] = "CUBLASLT_EPILOGUE_BGRADB",
    };

    [Theory]
    [InlineData(typeof(CUResult), "driver", "CUresult")]
    [InlineData(typeof(CUStreamFlags), "driver", "CUstream_flags")]
    [InlineData(typeof(CUEventFlags), "driver", "CUevent_flags")]
    [InlineData(typeof(CUstreamCaptureMode), "driver", "CUstreamCaptureMode")]
    [InlineData(typeof(CUDeviceAttribute), "driver", "CUdevice_attribute")]
    [InlineData(typeof(CUFunctionAttribute), "driver", "CUfunction_attribute")]
    [InlineData(typeof(nvrtcResult), "nvrtc", "nvrtcResult")]
    [InlineData(typeof(CublasStatus), "cublas", "cublasStatus_t")]
    [InlineData(typeof(Operation), "cublas", "cublasOperation_t")]
    [InlineData(typeof(ManagedCuda.CudaBlas.Math), "cublas", "cublasMath_t")]
    [InlineData(typeof(ComputeType), "cublas", "cublasComputeType_t")]
    [InlineData(typeof(GemmAlgo), "cublas", "cublasGemmAlgo_t")]
    [InlineData(typeof(cudaDataType), "cublas", "cudaDataType_t")]
    [InlineData(typeof(LtEpilogue), "cublasLt", "cublasLtEpilogue_t")]
    [InlineData(typeof(LtDescriptorAttribute), "cublasLt", "cublasLtMatmulDescAttributes_t")]
    [InlineData(typeof(LtPreferenceAttribute), "cublasLt", "cublasLtMatmulPreferenceAttributes_t")]
    public void Enum_EveryMember_HasTheHeadersValue(Type type, string library, string header)
    {
        Assert.SkipUnless(type.Assembly == typeof(LtEpilogue).Assembly, "ManagedCuda's enums are its own matter");
        var members = CudaAbi.Members(library, header);
        foreach (var name in Enum.GetNames(type))
        {
            var value = Convert.ToInt64(Enum.Parse(type, name));
            var sameName = members.Where(member => Renamed.TryGetValue((type, name), out var renamed)
                ? member.Key == renamed
                : Plain(member.Key).EndsWith(Plain(name), StringComparison.Ordinal));

            Assert.True(
                sameName.Any(member => member.Value == value),
                $"{type.Name}.{name} = {value}: the header has {string.Join(", ", sameName)}");
        }
    }

    [Fact]
    public void LtAttributes_Bytes_AreExact()
    {
        foreach (var attribute in Enum.GetValues<LtDescriptorAttribute>())
        {
            Assert.Equal(((int)attribute, attribute.Bytes()), Attribute("CUBLASLT_MATMUL_DESC_", attribute.ToString()));
        }

        foreach (var attribute in Enum.GetValues<LtPreferenceAttribute>())
        {
            Assert.Equal(((int)attribute, attribute.Bytes()), Attribute("CUBLASLT_MATMUL_PREF_", attribute.ToString()));
        }
    }

    // "EpilogueAuxLd" is CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD.
    private static (int Value, int Bytes) Attribute(string prefix, string name) =>
        CudaAbi.Attributes.Where(a => a.Key.StartsWith(prefix, StringComparison.Ordinal)
            && Plain(a.Key[prefix.Length..]) == Plain(name)).Select(a => a.Value).Single();

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
}
