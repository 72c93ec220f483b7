// golden.cu: appended to kernels.cu (PROGRAM=4, which has no section of its own), a small kernel for each wrapper of
// namespace ptx. The kernels move registers and nothing else: what a lane holds is read from the input and written to the
// output as words, so that the layouts stand in the test alone. A GPU's answers are recorded, the emulator's compared.
//
// Every kernel: output and input in 32-bit words; block b has its own part of both.
namespace golden {
__device__ __forceinline__ int lane_index() { return static_cast<int>(threadIdx.x & 31u); }
__device__ __forceinline__ int thread_index() { return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); }

// Rows of eight bf16 in shared memory, row r of the input in row r; lane l names row l ^ 5 of each group of 32.
template <int N>
__device__ __forceinline__ void fill(unsigned short* rows, const unsigned* input) {
  for (int i = lane_index(); i < N * 128; i += 32) {
    rows[2 * i] = static_cast<unsigned short>(input[i]);
    rows[2 * i + 1] = static_cast<unsigned short>(input[i] >> 16);
  }
  __syncwarp();
}
// Registers of a lane from the input, and sums that name their place: 3 lane + register.
template <int MI, int NJ, class TProduct>
__device__ __forceinline__ void multiply(unsigned* output, const unsigned* input, TProduct product) {
  const int lane = lane_index();
  input += (blockIdx.x * 32 + lane) * (MI * 4 + NJ * 2);
  output += (blockIdx.x * 32 + lane) * (MI * NJ * 4);
  unsigned a[MI][4], b[NJ][2];
  float d[MI][NJ][4];
#pragma unroll
  for (int i = 0; i < MI * 4; i++) a[i / 4][i % 4] = input[i];
#pragma unroll
  for (int i = 0; i < NJ * 2; i++) b[i / 2][i % 2] = input[MI * 4 + i];
#pragma unroll
  for (int i = 0; i < MI * NJ * 4; i++) d[i / 4 / NJ][i / 4 % NJ][i % 4] = static_cast<float>(3 * lane + i);
  product(d, a, b);
#pragma unroll
  for (int i = 0; i < MI * NJ * 4; i++) output[i] = __float_as_uint(d[i / 4 / NJ][i / 4 % NJ][i % 4]);
}
}  // namespace golden

// ---- ldmatrix: 4 words of a lane for each group of 32 rows
KERNEL(golden_ldmatrix_x4, 32, (unsigned* output, const unsigned* input)) {
  SHARED(unsigned short, rows, [32 * 8]);
  golden::fill<1>(rows, input);
  const int lane = golden::lane_index();
  unsigned r[4];
  ptx::ldmatrix_x4(r, rows + (lane ^ 5) * 8);
  for (int i = 0; i < 4; i++) output[lane * 4 + i] = r[i];
}
KERNEL(golden_ldmatrix_x4_trans, 32, (unsigned* output, const unsigned* input)) {
  SHARED(unsigned short, rows, [32 * 8]);
  golden::fill<1>(rows, input);
  const int lane = golden::lane_index();
  unsigned r[4];
  ptx::ldmatrix_x4_trans(r, rows + (lane ^ 5) * 8);
  for (int i = 0; i < 4; i++) output[lane * 4 + i] = r[i];
}
KERNEL(golden_ldmatrix_tile, 32, (unsigned* output, const unsigned* input)) {
  SHARED(unsigned short, rows, [64 * 8]);
  golden::fill<2>(rows, input);
  const int lane = golden::lane_index();
  unsigned r[2][4];
  const void* const from[2] = {rows + (lane ^ 5) * 8, rows + (32 + (lane ^ 5)) * 8};
  ptx::ldmatrix_tile(r, from);
#pragma unroll
  for (int i = 0; i < 8; i++) output[lane * 8 + i] = r[i / 4][i % 4];
}
KERNEL(golden_ldmatrix_tile_trans, 32, (unsigned* output, const unsigned* input)) {
  SHARED(unsigned short, rows, [64 * 8]);
  golden::fill<2>(rows, input);
  const int lane = golden::lane_index();
  unsigned r[2][4];
  const void* const from[2] = {rows + (lane ^ 5) * 8, rows + (32 + (lane ^ 5)) * 8};
  ptx::ldmatrix_tile_trans(r, from);
#pragma unroll
  for (int i = 0; i < 8; i++) output[lane * 8 + i] = r[i / 4][i % 4];
}

// ---- mma.sync: a lane's words of A, then of B
KERNEL(golden_mma_m16n8k16_bf16, 32, (unsigned* output, const unsigned* input)) {
  golden::multiply<1, 1>(output, input, [](float (&d)[1][1][4], const unsigned (&a)[1][4], const unsigned (&b)[1][2]) {
    ptx::mma_m16n8k16_bf16(d[0][0], a[0], b[0][0], b[0][1]);
  });
}
KERNEL(golden_mma_tile, 32, (unsigned* output, const unsigned* input)) {
  golden::multiply<2, 3>(output, input, [](float (&d)[2][3][4], const unsigned (&a)[2][4], const unsigned (&b)[3][2]) {
    ptx::mma_tile(d, a, b);
  });
}
KERNEL(golden_mma_m16n8k8_tf32, 32, (unsigned* output, const unsigned* input)) {
  golden::multiply<1, 1>(output, input, [](float (&d)[1][1][4], const unsigned (&a)[1][4], const unsigned (&b)[1][2]) {
    ptx::mma_m16n8k8_tf32(d[0][0], a[0], b[0][0], b[0][1]);
  });
}
KERNEL(golden_mma_tile_tf32, 32, (unsigned* output, const unsigned* input)) {
  golden::multiply<2, 3>(output, input, [](float (&d)[2][3][4], const unsigned (&a)[2][4], const unsigned (&b)[3][2]) {
    ptx::mma_tile_tf32(d, a, b);
  });
}

// ---- conversions and approximations, a word each
KERNEL(golden_tf32_rna, 256, (unsigned* output, const unsigned* input)) {
  const int i = golden::thread_index();
  output[i] = ptx::tf32_rna(__uint_as_float(input[i]));
}
KERNEL(golden_bf16_rn, 256, (unsigned* output, const unsigned* input)) {
  const int i = golden::thread_index();
  output[i] = ptx::bf16_rn(input[i]);
}
KERNEL(golden_pack_bf16x2, 256, (unsigned* output, const unsigned* input)) {  // word i low, word 255 - i of the block high
  const int i = golden::thread_index();
  output[i] = ptx::pack_bf16x2(__uint_as_float(input[i]), __uint_as_float(input[i ^ 255]));
}
KERNEL(golden_exp2_approx, 256, (unsigned* output, const unsigned* input)) {
  const int i = golden::thread_index();
  output[i] = __float_as_uint(ptx::exp2_approx(__uint_as_float(input[i])));
}

// ---- warps: float, int and double of a lane are words lane, 32 + lane, and 64 + 2 lane with the next
KERNEL(golden_warp_sum, 32, (unsigned* output, const unsigned* input)) {
  const int lane = golden::lane_index();
  output[lane] = __float_as_uint(ptx::warp_sum(__uint_as_float(input[lane])));
  output[32 + lane] = static_cast<unsigned>(ptx::warp_sum(static_cast<int>(input[32 + lane])));
  const unsigned long long bits = input[64 + 2 * lane] | static_cast<unsigned long long>(input[65 + 2 * lane]) << 32;
  const long long sum = __double_as_longlong(ptx::warp_sum(__longlong_as_double(static_cast<long long>(bits))));
  output[64 + 2 * lane] = static_cast<unsigned>(sum);
  output[65 + 2 * lane] = static_cast<unsigned>(static_cast<unsigned long long>(sum) >> 32);
}
KERNEL(golden_warp_max, 32, (unsigned* output, const unsigned* input)) {
  const int i = golden::thread_index();
  output[i] = __float_as_uint(ptx::warp_max(__uint_as_float(input[i])));
}
// Not wrappers, but as much the hardware's: four kinds of shuffle with a source of the lane's own (word 32 + lane, the same
// in all lanes where the kind is up, down or xor), in widths 32, 16, 8, 4. A block's words: values, then arguments.
KERNEL(golden_shuffles, 32, (unsigned* output, const unsigned* input)) {
  const int lane = golden::lane_index();
  input += blockIdx.x * 64;
  output += blockIdx.x * 512;
  const unsigned value = input[lane];
  const int own = static_cast<int>(input[32 + lane]), same = static_cast<int>(input[32]) & 31;
  for (int i = 0; i < 4; i++) {
    const int width = 32 >> i;
    output[(i * 4 + 0) * 32 + lane] = __shfl_sync(0xffffffffu, value, own, width);
    output[(i * 4 + 1) * 32 + lane] = __shfl_up_sync(0xffffffffu, value, static_cast<unsigned>(same), width);
    output[(i * 4 + 2) * 32 + lane] = __shfl_down_sync(0xffffffffu, value, static_cast<unsigned>(same), width);
    output[(i * 4 + 3) * 32 + lane] = __shfl_xor_sync(0xffffffffu, value, same, width);
  }
}

// ---- memory
KERNEL(golden_ld128_st128, 32, (unsigned* output, const unsigned* input)) {  // in reverse order of lanes
  const int lane = golden::lane_index();
  ptx::st128(output + (31 - lane) * 4, ptx::ld128<uint4>(input + lane * 4));
}
// Three groups: 16, 8, 4 bytes of each lane, into words that were ~0; the lanes whose last word is odd copy nothing, and
// get zeros. The groups are read as they arrive.
KERNEL(golden_cp_async, 32, (unsigned* output, const unsigned* input)) {
  SHARED(unsigned, words, [32 * 8]);
  const int lane = golden::lane_index();
  input += lane * 8;
  output += lane * 8;
  unsigned* own = words + lane * 8;
  for (int i = 0; i < 8; i++) own[i] = ~0u;
  const bool valid = (input[7] & 1u) == 0u;
  ptx::cp_async16(own, input, valid);
  ptx::cp_async_commit();
  ptx::cp_async8(own + 4, input + 4, valid);
  ptx::cp_async_commit();
  ptx::cp_async4(own + 6, input + 6, valid);
  ptx::cp_async_commit();
  ptx::cp_async_wait<2>();
  for (int i = 0; i < 4; i++) output[i] = own[i];
  ptx::cp_async_wait<1>();
  for (int i = 4; i < 6; i++) output[i] = own[i];
  ptx::cp_async_wait<0>();
  for (int i = 6; i < 8; i++) output[i] = own[i];
}

// ---- named barriers: one warp writes and goes on, the other waits and reads
KERNEL(golden_bar, 64, (unsigned* output, const unsigned* input)) {
  SHARED(unsigned, words, [32]);
  const int lane = golden::lane_index();
  if (threadIdx.x < 32) {
    words[lane] = input[lane];
    ptx::bar_arrive(3, 64);
  } else {
    ptx::bar_sync(3, 64);
    output[lane] = words[31 - lane];
  }
}

#if defined(SIMT_HOST) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
// ---- barriers in shared memory: two phases, from the lanes of one warp to those of another
KERNEL(golden_mbar, 64, (unsigned* output, const unsigned* input)) {
  SHARED(unsigned, words, [64]);
  SHARED(unsigned long long, full, [1]);
  const int lane = golden::lane_index();
  if (threadIdx.x == 0) {
    ptx::mbar_init(full, 32);
    ptx::mbar_fence_init();
  }
  __syncthreads();
  for (int phase = 0; phase < 2; phase++) {
    if (threadIdx.x < 32) {
      words[phase * 32 + lane] = input[phase * 32 + lane];
      ptx::mbar_arrive(full);
    } else {
      ptx::mbar_wait(full, static_cast<unsigned>(phase));
      output[phase * 32 + lane] = words[phase * 32 + 31 - lane];
    }
    __syncthreads();
  }
}

// A box of 16 rows of 64 bf16 at the coordinates of the block, as it lies in shared memory.
KERNEL(golden_tma_load_2d, 32, (unsigned* output, const unsigned* input, const __grid_constant__ ptx::TmaMap map)) {
  DYN_SHARED(unsigned char, shared);
  SHARED(unsigned long long, full, [1]);
  const int lane = golden::lane_index();
  if (lane == 0) {
    ptx::mbar_init(full, 1);
    ptx::mbar_fence_init();
  }
  __syncthreads();
  if (lane == 0) {
    ptx::mbar_expect_tx(full, 2048);
    ptx::tma_load_2d(shared, &map, static_cast<int>(input[blockIdx.x * 2]), static_cast<int>(input[blockIdx.x * 2 + 1]),
                     full);
  }
  ptx::mbar_wait(full, 0);
  const unsigned* words = reinterpret_cast<const unsigned*>(shared);
  for (int i = lane; i < 512; i += 32) output[blockIdx.x * 512 + i] = words[i];
}

// ---- warpgroup products: shared memory is the input's image, 8 KiB of A (64 x 64), then N times 128 bytes of B; four steps
// of 16 k, into sums that name their place: 3 thread + register.
namespace golden {
template <int N, int A_ACROSS, int B_ACROSS, class TProduct>
__device__ __forceinline__ void multiply_group(unsigned* output, const unsigned* input, unsigned char* shared,
                                               TProduct product) {
  constexpr int WORDS = 2048 + N * 32;
  const int t = static_cast<int>(threadIdx.x);
  unsigned* words = reinterpret_cast<unsigned*>(shared);
  for (int i = t; i < WORDS; i += 128) words[i] = input[blockIdx.x * WORDS + i];
  ptx::fence_proxy_async();
  __syncthreads();
  float d[N / 2];
#pragma unroll
  for (int i = 0; i < N / 2; i++) d[i] = static_cast<float>(3 * t + i);
  const unsigned long long a = ptx::wgmma_desc(shared, 16, 1024, 1),
                           b = ptx::wgmma_desc(shared + 8192, B_ACROSS ? 8192 : 16, 1024, 1);
  ptx::wgmma_fence();
#pragma unroll
  for (int k = 0; k < 4; k++) product(d, a + k * (A_ACROSS ? 128 : 2), b + k * (B_ACROSS ? 128 : 2));
  ptx::wgmma_commit();
  ptx::wgmma_wait<0>();
#pragma unroll
  for (int i = 0; i < N / 2; i++) output[(blockIdx.x * 128 + t) * (N / 2) + i] = __float_as_uint(d[i]);
}
}  // namespace golden
KERNEL(golden_wgmma_m64n64k16_bf16, 128, (unsigned* output, const unsigned* input)) {
  DYN_SHARED(unsigned char, shared);
  golden::multiply_group<64, 0, 0>(
      output, input, shared,
      [](float (&d)[32], unsigned long long a, unsigned long long b) { ptx::wgmma_m64n64k16_bf16(d, a, b); });
}
#define GOLDEN_WGMMA(N, A_ACROSS, B_ACROSS)                                                                           \
  KERNEL(golden_wgmma_m64n##N##k16_bf16_##A_ACROSS##B_ACROSS, 128, (unsigned* output, const unsigned* input)) {       \
    DYN_SHARED(unsigned char, shared);                                                                                \
    golden::multiply_group<N, A_ACROSS, B_ACROSS>(                                                                    \
        output, input, shared, [](float (&d)[N / 2], unsigned long long a, unsigned long long b) {                    \
          ptx::wgmma_m64n##N##k16_bf16<A_ACROSS, B_ACROSS>(d, a, b);                                                  \
        });                                                                                                           \
  }
GOLDEN_WGMMA(128, 0, 0)
GOLDEN_WGMMA(128, 0, 1)
GOLDEN_WGMMA(128, 1, 0)
GOLDEN_WGMMA(128, 1, 1)
GOLDEN_WGMMA(256, 0, 0)
GOLDEN_WGMMA(256, 0, 1)
GOLDEN_WGMMA(256, 1, 0)
GOLDEN_WGMMA(256, 1, 1)

// ---- registers move from one warpgroup to two others, as in the matrix products: the values stay
#ifdef SIMT_HOST
#define GOLDEN_BOUNDS 384
#else
#define GOLDEN_BOUNDS 384, 1  // without the second number the compiler ignores setmaxnreg
#endif
KERNEL(golden_setmaxnreg, GOLDEN_BOUNDS, (unsigned* output, const unsigned* input)) {
  const unsigned value = input[threadIdx.x];
  if (threadIdx.x < 128) {
    ptx::setmaxnreg_dec<24>();
    output[threadIdx.x] = value + 1u;
  } else {
    ptx::setmaxnreg_inc<240>();
    output[threadIdx.x] = value + 2u;
  }
}
#endif
