// kernels.cu: all device code of the engine. Freestanding: NVRTC compiles exactly this text, with no include path; the
// SIMT emulator compiles it for the host.
//
// Specialisation, by -D (capital words only):
//   PROGRAM       which section: 1 rows, 2 gemm, 3 attention; 0 (default) all of them
//   ELEMENT_BF16  elements of activations, weights and gradients are bf16 (1, default) or f32 (0)
//   HEAD_SIZE     HS of the attention kernels, default 64
//
// Rules: no mutable globals; a fixed order of every sum, no floating-point atomics; randomness from counters; PTX only in
// namespace ptx, each wrapper with a host twin in the emulator; between a write to shared memory and another lane's read
// stands a barrier or __syncwarp; nobody leaves before the block's last barrier; 16-byte accesses through ptx::ld128/st128.

#ifndef PROGRAM
#define PROGRAM 0
#endif
#ifndef ELEMENT_BF16
#define ELEMENT_BF16 1
#endif
#ifndef HEAD_SIZE
#define HEAD_SIZE 64
#endif

#if !defined(__CUDACC__) && !defined(__CUDA__)
#include "simt.h"  // host: SIMT emulator, with the host variants of the ptx:: wrappers below
#else
// ---- device: macros and PTX wrappers
#define KERNEL(name, maxthreads, params) extern "C" __global__ void __launch_bounds__(maxthreads) name params
#define SHARED(type, name, dims) __shared__ __align__(16) type name dims
#define DYN_SHARED(type, name)                                   \
  extern __shared__ __align__(1024) unsigned char dyn_shared_[]; \
  type* name = reinterpret_cast<type*>(dyn_shared_)
namespace ptx {
__device__ __forceinline__ unsigned smem_u32(const void* p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}
__device__ __forceinline__ void ldmatrix_x4(unsigned (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(smem_u32(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrix_x4_trans(unsigned (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(smem_u32(row))
               : "memory");
}
template <int N>
__device__ __forceinline__ void ldmatrix_tile(unsigned (&r)[N][4], const void* const (&rows)[N]) {
#pragma unroll
  for (int i = 0; i < N; i++) ldmatrix_x4(r[i], rows[i]);
}
template <int N>
__device__ __forceinline__ void ldmatrix_tile_trans(unsigned (&r)[N][4], const void* const (&rows)[N]) {
#pragma unroll
  for (int i = 0; i < N; i++) ldmatrix_x4_trans(r[i], rows[i]);
}
__device__ __forceinline__ void mma_m16n8k16_bf16(float (&d)[4], const unsigned (&a)[4], unsigned b0,
                                                  unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
template <int MI, int NJ>
__device__ __forceinline__ void mma_tile(float (&d)[MI][NJ][4], const unsigned (&a)[MI][4],
                                         const unsigned (&b)[NJ][2]) {
#pragma unroll
  for (int i = 0; i < MI; i++)
#pragma unroll
    for (int j = 0; j < NJ; j++) mma_m16n8k16_bf16(d[i][j], a[i], b[j][0], b[j][1]);
}
__device__ __forceinline__ float warp_sum(float v) {
#pragma unroll
  for (int o = 16; o > 0; o >>= 1) v += __shfl_xor_sync(0xffffffffu, v, o);
  return v;
}
__device__ __forceinline__ void cp_async16(void* dst, const void* src, bool pred = true) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(smem_u32(dst)), "l"(src),
               "r"(pred ? 16 : 0)
               : "memory");
}
__device__ __forceinline__ void cp_async4(void* dst, const void* src, bool pred = true) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(smem_u32(dst)), "l"(src), "r"(pred ? 4 : 0)
               : "memory");
}
__device__ __forceinline__ void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N>
__device__ __forceinline__ void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}
__device__ __forceinline__ unsigned short bf16_rn(unsigned u) {
  unsigned short h;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(h) : "f"(__uint_as_float(u)));
  return h;
}
__device__ __forceinline__ unsigned pack_bf16x2(float lo, float hi) {
  unsigned r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(hi), "f"(lo));
  return r;
}
__device__ __forceinline__ float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
template <class T>
__device__ __forceinline__ T ld128(const void* p) {
  static_assert(sizeof(T) == 16, "ld128");
  return *static_cast<const T*>(p);
}
template <class T>
__device__ __forceinline__ void st128(void* p, const T& v) {
  static_assert(sizeof(T) == 16, "st128");
  *static_cast<T*>(p) = v;
}
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)  // compute_90a
struct __align__(64) TmaMap {
  unsigned char bytes[128];
};
__device__ __forceinline__ void mbar_init(unsigned long long* p, unsigned count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(smem_u32(p)), "r"(count) : "memory");
}
__device__ __forceinline__ void mbar_arrive(unsigned long long* p) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(smem_u32(p)) : "memory");
}
__device__ __forceinline__ void mbar_expect_tx(unsigned long long* p, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(smem_u32(p)), "r"(bytes)
               : "memory");
}
__device__ __forceinline__ void mbar_wait(unsigned long long* p, unsigned parity) {
  asm volatile(
      "{\n.reg .pred P;\nLAB_WAIT:\nmbarrier.try_wait.parity.shared::cta.b64 P, [%0], %1;\n@P bra "
      "LAB_DONE;\nbra LAB_WAIT;\nLAB_DONE:\n}" ::"r"(smem_u32(p)),
      "r"(parity)
      : "memory");
}
__device__ __forceinline__ void mbar_fence_init() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
__device__ __forceinline__ void fence_proxy_async() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
__device__ __forceinline__ void tma_load_2d(void* dst, const TmaMap* map, int x, int y,
                                            unsigned long long* bar) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], "
      "[%4];" ::"r"(smem_u32(dst)),
      "l"(map), "r"(x), "r"(y), "r"(smem_u32(bar))
      : "memory");
}
__device__ __forceinline__ void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void wgmma_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
template <int N>
__device__ __forceinline__ void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(N) : "memory");
}
__device__ __forceinline__ unsigned long long wgmma_desc(const void* p, unsigned lbo, unsigned sbo,
                                                         unsigned swizzle) {
  unsigned long long a = smem_u32(p);
  return (a >> 4 & 0x3fff) | static_cast<unsigned long long>(lbo >> 4) << 16 |
         static_cast<unsigned long long>(sbo >> 4) << 32 | static_cast<unsigned long long>(swizzle) << 62;
}
__device__ __forceinline__ void wgmma_m64n64k16_bf16(float (&d)[32], unsigned long long a,
                                                     unsigned long long b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%"
      "27,%28,%29,%30,%31}, %32, %33, 1, 1, 1, 0, 0;"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
        "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]),
        "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]),
        "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]),
        "+f"(d[30]), "+f"(d[31])
      : "l"(a), "l"(b));
}
template <int N>
__device__ __forceinline__ void setmaxnreg_dec() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(N));
}
template <int N>
__device__ __forceinline__ void setmaxnreg_inc() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(N));
}
// Operands along m or n instead of k: A_ACROSS, B_ACROSS = 1.
#define WGMMA_SUMS_8(I)                                                                                \
  "+f"(d[I]), "+f"(d[I + 1]), "+f"(d[I + 2]), "+f"(d[I + 3]), "+f"(d[I + 4]), "+f"(d[I + 5]), "+f"(d[I + 6]), \
      "+f"(d[I + 7])
#define WGMMA_SUMS_64(I)                                                                           \
  WGMMA_SUMS_8(I), WGMMA_SUMS_8(I + 8), WGMMA_SUMS_8(I + 16), WGMMA_SUMS_8(I + 24), WGMMA_SUMS_8(I + 32), \
      WGMMA_SUMS_8(I + 40), WGMMA_SUMS_8(I + 48), WGMMA_SUMS_8(I + 56)
template <int A_ACROSS, int B_ACROSS>
__device__ __forceinline__ void wgmma_m64n128k16_bf16(float (&d)[64], unsigned long long a, unsigned long long b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {"
      "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,"
      "%27,%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,"
      "%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
      "}, %64, %65, 1, 1, 1, %66, %67;"
      : WGMMA_SUMS_64(0)
      : "l"(a), "l"(b), "n"(A_ACROSS), "n"(B_ACROSS));
}
template <int A_ACROSS, int B_ACROSS>
__device__ __forceinline__ void wgmma_m64n256k16_bf16(float (&d)[128], unsigned long long a, unsigned long long b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {"
      "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,"
      "%27,%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,"
      "%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63,%64,%65,%66,%67,%68,%69,%70,%71,%72,%73,%74,"
      "%75,%76,%77,%78,%79,%80,%81,%82,%83,%84,%85,%86,%87,%88,%89,%90,%91,%92,%93,%94,%95,%96,%97,%98,"
      "%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,%109,%110,%111,%112,%113,%114,%115,%116,%117,"
      "%118,%119,%120,%121,%122,%123,%124,%125,%126,%127"
      "}, %128, %129, 1, 1, 1, %130, %131;"
      : WGMMA_SUMS_64(0), WGMMA_SUMS_64(64)
      : "l"(a), "l"(b), "n"(A_ACROSS), "n"(B_ACROSS));
}
#endif
}  // namespace ptx
#endif

// ---- bf16 (storage type; arithmetic is float)
struct bf16 {
  unsigned short v;
};
__device__ __forceinline__ float to_f(bf16 h) { return __uint_as_float(static_cast<unsigned>(h.v) << 16); }
__device__ __forceinline__ bf16 to_bf16(float f) {
  bf16 h;
  h.v = ptx::bf16_rn(__float_as_uint(f));
  return h;
}

// ---- element type of this specialisation: storage only, arithmetic is float
#if ELEMENT_BF16
using element = bf16;
#else
using element = float;
#endif
__device__ __forceinline__ float load_f(const bf16* p) { return to_f(*p); }
__device__ __forceinline__ float load_f(const float* p) { return *p; }
__device__ __forceinline__ void store_f(bf16* p, float v) { *p = to_bf16(v); }
__device__ __forceinline__ void store_f(float* p, float v) { *p = v; }

// ==== section 1: rows (element-wise and row-wise operations) ========================================================
#if PROGRAM == 0 || PROGRAM == 1

// ---- move
// Fills n elements with one value. Grid-stride over 256-thread blocks; writes 4 or 2 bytes an element.
KERNEL(fill, 256, (element* output, float value, long long n)) {
  long long stride = static_cast<long long>(gridDim.x) * blockDim.x;
  for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += stride)
    store_f(output + i, value);
}

// ---- embedding

// ---- norm

// ---- activation

// ---- loss

// ---- optimizer

// ---- statistics

#endif  // rows

// ==== section 2: gemm ===============================================================================================
// The three products of a linear layer y = x Wᵀ + b are one product D[m,n] = Σ_k A(m,k) B(n,k), summed in f32:
//   forward          Y (N,OC)  = X (N,C) Wᵀ (OC,C)     m: N    n: OC   k: C     rows of A and B run along k
//   input gradient   dX (N,C)  = dY (N,OC) W (OC,C)    m: N    n: C    k: OC    rows of B run along n
//   weight gradient  dW (OC,C) = dYᵀ (N,OC) X (N,C)    m: OC   n: C    k: N     rows of A run along m, of B along n
// The finish of each (bias, activation, its derivative, the sum that was there) is applied at the store.
#if PROGRAM == 0 || PROGRAM == 2

struct MatmulArguments {
  element* output;      // D, (m, n)
  element* pre;         // forward: written, before the activation; input gradient: read, its argument; or null
  const element* a;     // (m, k), or (k, m) in the weight gradient
  const element* b;     // (n, k), or (k, n) in the gradients
  const element* bias;  // (n) or null
  float* partial;       // (parts, m, n) when k is split, else null
  int m, n, k;
  int k_tiles;     // tiles of k in a part
  int activation;  // ACTIVATION_...
  int accumulate;  // add to the output
};

namespace gemm {
constexpr int FORWARD = 0, INPUT_GRADIENT = 1, WEIGHT_GRADIENT = 2;
constexpr int GELU_TANH = 1, GELU_ERF = 2, RELU = 3, SILU = 4;
constexpr int LANES = 16 / static_cast<int>(sizeof(element));  // elements of a 16-byte access
constexpr int RASTER_ROWS = 8;                                 // tile rows whose operands share the second-level cache

// ---- activations at the store
#if ELEMENT_BF16  // errors of 2^-21, far below the rounding to bf16
__device__ __forceinline__ float exponential(float x) { return __expf(x); }
__device__ __forceinline__ float quotient(float x, float y) { return __fdividef(x, y); }
#else
__device__ __forceinline__ float exponential(float x) { return expf(x); }
__device__ __forceinline__ float quotient(float x, float y) { return x / y; }
#endif

// slope = σ(x)(1 − σ(x)); the exponential never overflows.
__device__ __forceinline__ float sigmoid(float x, float& slope) {
  float e = exponential(-fabsf(x)), r = quotient(1.f, 1.f + e);
  slope = e * r * r;
  return x < 0.f ? e * r : r;
}
__device__ __forceinline__ float activate(int activation, float x) {
  float slope;
  switch (activation) {
    case GELU_TANH:  // ½(1 + tanh u) = σ(2u), 2u = 2√(2/π)(x + 0.044715x³)
      return x * sigmoid(x * (1.5957691216f + 0.0713548163f * x * x), slope);
    case GELU_ERF: return 0.5f * x * (1.f + erff(x * 0.7071067812f));
    case RELU: return x > 0.f ? x : 0.f * x;  // NaN stays
    case SILU: return x * sigmoid(x, slope);
    default: return x;
  }
}
__device__ __forceinline__ float derivative(int activation, float x) {
  float slope, s;
  switch (activation) {
    case GELU_TANH:
      s = sigmoid(x * (1.5957691216f + 0.0713548163f * x * x), slope);
      return s + x * slope * (1.5957691216f + 3.f * 0.0713548163f * x * x);
    case GELU_ERF:
      return 0.5f * (1.f + erff(x * 0.7071067812f)) + x * 0.3989422804f * exponential(-0.5f * x * x);
    case RELU: return x > 0.f ? 1.f : 0.f;
    case SILU: s = sigmoid(x, slope); return s + x * slope;
    default: return 1.f;
  }
}

// ---- rows of up to LANES elements, as f32
template <bool ALIGNED>
__device__ __forceinline__ void load_lanes(float (&v)[LANES], const element* source, int count) {
  if (ALIGNED) {
#if ELEMENT_BF16
    uint4 u = ptx::ld128<uint4>(source);
    unsigned w[4] = {u.x, u.y, u.z, u.w};
#pragma unroll
    for (int i = 0; i < 4; i++) {
      v[2 * i] = __uint_as_float(w[i] << 16);
      v[2 * i + 1] = __uint_as_float(w[i] & 0xffff0000u);
    }
#else
    float4 u = ptx::ld128<float4>(source);
    v[0] = u.x, v[1] = u.y, v[2] = u.z, v[3] = u.w;
#endif
  } else {
#pragma unroll
    for (int i = 0; i < LANES; i++) v[i] = i < count ? load_f(source + i) : 0.f;
  }
}
template <bool ALIGNED>
__device__ __forceinline__ void store_lanes(element* target, const float (&v)[LANES], int count) {
  if (ALIGNED) {
#if ELEMENT_BF16
    ptx::st128(target, make_uint4(ptx::pack_bf16x2(v[0], v[1]), ptx::pack_bf16x2(v[2], v[3]),
                                  ptx::pack_bf16x2(v[4], v[5]), ptx::pack_bf16x2(v[6], v[7])));
#else
    ptx::st128(target, make_float4(v[0], v[1], v[2], v[3]));
#endif
  } else {
#pragma unroll
    for (int i = 0; i < LANES; i++)
      if (i < count) store_f(target + i, v[i]);
  }
}

// Stores sums of one row, columns column .. column + LANES - 1, with the finish of the form. Aligned rows hold whole
// groups of LANES.
template <int FORM, bool ALIGNED>
__device__ __forceinline__ void finish(const MatmulArguments& p, int row, int column, float (&v)[LANES],
                                       const float (&bias)[LANES]) {
  int count = p.n - column;
  long long at = static_cast<long long>(row) * p.n + column;
  float t[LANES];
  if (FORM == FORWARD) {
    if (p.bias) {
#pragma unroll
      for (int i = 0; i < LANES; i++) v[i] += bias[i];
    }
    if (p.pre) store_lanes<ALIGNED>(p.pre + at, v, count);
    if (p.activation) {
#pragma unroll
      for (int i = 0; i < LANES; i++) v[i] = activate(p.activation, v[i]);
    }
  }
  if (FORM == INPUT_GRADIENT && p.activation) {
    load_lanes<ALIGNED>(t, p.pre + at, count);
#pragma unroll
    for (int i = 0; i < LANES; i++) v[i] *= derivative(p.activation, t[i]);
  }
  if (FORM != FORWARD && p.accumulate) {
    load_lanes<ALIGNED>(t, p.output + at, count);
#pragma unroll
    for (int i = 0; i < LANES; i++) v[i] += t[i];
  }
  store_lanes<ALIGNED>(p.output + at, v, count);
}

// Stores sums of one row: finished, or as they are for matmul_reduce when k is split.
template <int FORM, bool ALIGNED>
__device__ __forceinline__ void store_row(const MatmulArguments& p, int part, int row, int column, float (&v)[LANES],
                                          const float (&bias)[LANES]) {
  if (!p.partial) {
    finish<FORM, ALIGNED>(p, row, column, v, bias);
    return;
  }
  float* target = p.partial + (static_cast<long long>(part) * p.m + row) * p.n + column;
  if (ALIGNED) {
#pragma unroll
    for (int i = 0; i < LANES; i += 4) ptx::st128(target + i, make_float4(v[i], v[i + 1], v[i + 2], v[i + 3]));
  } else {
#pragma unroll
    for (int i = 0; i < LANES; i++)
      if (column + i < p.n) target[i] = v[i];
  }
}

template <bool ALIGNED>
__device__ __forceinline__ void load_bias(float (&bias)[LANES], const MatmulArguments& p, int column) {
  if (p.bias && column < p.n)
    load_lanes<ALIGNED>(bias, p.bias + column, p.n - column);
  else {
#pragma unroll
    for (int i = 0; i < LANES; i++) bias[i] = 0.f;
  }
}

// First row and column of the tile of block blockIdx.x: bands of RASTER_ROWS tile rows, column by column inside a band,
// so that blocks that run at the same time read few rows of A and few of B.
template <int BM, int BN>
__device__ __forceinline__ void tile_origin(int m, int n, int tile, int& row, int& column) {
  int tiles_m = (m + BM - 1) / BM, tiles_n = (n + BN - 1) / BN, band = tile / (RASTER_ROWS * tiles_n),
      rest = tile - band * RASTER_ROWS * tiles_n, rows = min(RASTER_ROWS, tiles_m - band * RASTER_ROWS);
  row = (band * RASTER_ROWS + rest % rows) * BM;
  column = rest / rows * BN;
}

#if ELEMENT_BF16
// ---- bf16: mma.sync m16n8k16
constexpr int BK = 32;        // k of a tile
constexpr int THREADS = 128;  // 2 x 2 warps
// Tiles in flight. Four fill the latency where two blocks of 64 KiB fit into a multiprocessor, three where it has 100 KiB.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ != 800 && __CUDA_ARCH__ != 870 && __CUDA_ARCH__ / 100 != 9 && \
    __CUDA_ARCH__ / 100 != 10
constexpr int STAGES = 3;
#else
constexpr int STAGES = 4;
#endif

// A tile of one operand in shared memory: ROWS memory rows of CHUNKS chunks of 8 elements. A chunk's place is XORed with
// its row, so that ldmatrix, which reads 8 rows at one chunk, meets 8 different groups of banks.
template <int ROWS, int CHUNKS>
struct Tile {
  static constexpr int ELEMENTS = ROWS * CHUNKS * 8, PASSES = ROWS * CHUNKS / THREADS, STEP = THREADS / CHUNKS;
  static __device__ __forceinline__ int place(int row, int chunk) {
    return (row * CHUNKS + (chunk ^ (CHUNKS == 4 ? row >> 1 & 3 : row & 7))) * 8;
  }
  // Starts the copy of rows row .. and columns column .. of a matrix (rows, columns); outside of it stand zeros.
  static __device__ __forceinline__ void copy(bf16* tile, const bf16* matrix, int row, int column, int rows,
                                              int columns) {
    int chunk = static_cast<int>(threadIdx.x) % CHUNKS, r = static_cast<int>(threadIdx.x) / CHUNKS;
    bool in_columns = column + chunk * 8 < columns;
    const bf16* source = matrix + static_cast<long long>(row + r) * columns + column + chunk * 8;
#pragma unroll
    for (int i = 0; i < PASSES; i++) {
      bool inside = in_columns && row + r + i * STEP < rows;
      ptx::cp_async16(tile + place(r + i * STEP, chunk),
                      inside ? source + static_cast<long long>(i * STEP) * columns : matrix, inside);
    }
  }
  // The same through registers, for rows of any alignment: fetch now, put later.
  static __device__ __forceinline__ void fetch(uint4 (&held)[PASSES], const bf16* matrix, int row, int column,
                                               int rows, int columns) {
    int chunk = static_cast<int>(threadIdx.x) % CHUNKS, r = static_cast<int>(threadIdx.x) / CHUNKS;
    int c = column + chunk * 8;
#pragma unroll
    for (int i = 0; i < PASSES; i++) {
      const bf16* source = matrix + static_cast<long long>(row + r + i * STEP) * columns + c;
      bool inside = row + r + i * STEP < rows;
      unsigned w[4];
#pragma unroll
      for (int e = 0; e < 4; e++) {
        unsigned low = inside && c + 2 * e < columns ? source[2 * e].v : 0u;
        unsigned high = inside && c + 2 * e + 1 < columns ? source[2 * e + 1].v : 0u;
        w[e] = low | high << 16;
      }
      held[i] = make_uint4(w[0], w[1], w[2], w[3]);
    }
  }
  static __device__ __forceinline__ void put(bf16* tile, const uint4 (&held)[PASSES]) {
    int chunk = static_cast<int>(threadIdx.x) % CHUNKS, r = static_cast<int>(threadIdx.x) / CHUNKS;
#pragma unroll
    for (int i = 0; i < PASSES; i++) ptx::st128(tile + place(r + i * STEP, chunk), held[i]);
  }
};

// The product of one block: BM x BN sums over the k tiles of its split, 2 x 2 warps of (BM/2) x (BN/2).
template <int FORM, int BM, int BN, bool ALIGNED>
struct Product {
  static constexpr bool A_ALONG_K = FORM != WEIGHT_GRADIENT, B_ALONG_K = FORM == FORWARD;
  using TileA = Tile<A_ALONG_K ? BM : BK, (A_ALONG_K ? BK : BM) / 8>;
  using TileB = Tile<B_ALONG_K ? BN : BK, (B_ALONG_K ? BK : BN) / 8>;
  static constexpr int STAGE = TileA::ELEMENTS + TileB::ELEMENTS, WM = BM / 2, WN = BN / 2, MI = WM / 16, NJ = WN / 8,
                       PAD = WN + 8;
  static constexpr int SHARED_ELEMENTS = (ALIGNED ? STAGES : 2) * STAGE;
  static_assert(4 * 16 * PAD * 2 <= SHARED_ELEMENTS, "the sums pass through the same shared memory");

  // acc += A tile x B tile. Fragments of the next 16 k are read before the products of these 16.
  static __device__ __forceinline__ void multiply(float (&acc)[MI][NJ][4], const bf16* tile) {
    const bf16 *ta = tile, *tb = tile + TileA::ELEMENTS;
    unsigned fa[2][MI][4], fb[2][NJ / 2][4];
    read(fa[0], fb[0], ta, tb, 0);
#pragma unroll
    for (int kk = 0; kk < BK / 16; kk++) {
      if (kk + 1 < BK / 16) read(fa[(kk + 1) & 1], fb[(kk + 1) & 1], ta, tb, kk + 1);
      unsigned b[NJ][2];
#pragma unroll
      for (int j = 0; j < NJ; j++) b[j][0] = fb[kk & 1][j / 2][j % 2 * 2], b[j][1] = fb[kk & 1][j / 2][j % 2 * 2 + 1];
      ptx::mma_tile(acc, fa[kk & 1], b);
    }
  }

  // Fragments of 16 k. ldmatrix gives 8x8 matrices in the order of the lane groups that name their rows: A wants
  // (m, k) = (0,0) (8,0) (0,8) (8,8), B two of its own (n, k) = (0,0) (0,8) (8,0) (8,8).
  static __device__ __forceinline__ void read(unsigned (&fa)[MI][4], unsigned (&fb)[NJ / 2][4], const bf16* ta,
                                              const bf16* tb, int kk) {
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, wm = (warp & 1) * WM, wn = (warp >> 1) * WN;
    int low = lane & 7, second = lane >> 3 & 1, third = lane >> 4;
    const void* ra[MI];
    const void* rb[NJ / 2];
#pragma unroll
    for (int i = 0; i < MI; i++)
      ra[i] = ta + (A_ALONG_K ? TileA::place(wm + i * 16 + low + second * 8, kk * 2 + third)
                              : TileA::place(kk * 16 + low + third * 8, wm / 8 + i * 2 + second));
#pragma unroll
    for (int j = 0; j < NJ / 2; j++)
      rb[j] = tb + (B_ALONG_K ? TileB::place(wn + j * 16 + low + third * 8, kk * 2 + second)
                              : TileB::place(kk * 16 + low + second * 8, wn / 8 + j * 2 + third));
    if (A_ALONG_K)
      ptx::ldmatrix_tile(fa, ra);
    else
      ptx::ldmatrix_tile_trans(fa, ra);
    if (B_ALONG_K)
      ptx::ldmatrix_tile(fb, rb);
    else
      ptx::ldmatrix_tile_trans(fb, rb);
  }

  // Copies through registers and two buffers: one barrier between the writes of a tile and its reads is enough, since
  // the buffer written was read before the last barrier.
  static __device__ __forceinline__ void sum_any(const MatmulArguments& p, bf16* shared, float (&acc)[MI][NJ][4],
                                                 int m0, int n0, int first, int count) {
    uint4 ha[TileA::PASSES], hb[TileB::PASSES];
    fetch(p, ha, hb, m0, n0, first * BK);
    for (int t = 0; t < count; t++) {
      bf16* tile = shared + (t & 1) * STAGE;
      TileA::put(tile, ha);
      TileB::put(tile + TileA::ELEMENTS, hb);
      __syncthreads();
      if (t + 1 < count) fetch(p, ha, hb, m0, n0, (first + t + 1) * BK);
      multiply(acc, tile);
    }
    __syncthreads();
  }
  static __device__ __forceinline__ void fetch(const MatmulArguments& p, uint4 (&ha)[TileA::PASSES],
                                               uint4 (&hb)[TileB::PASSES], int m0, int n0, int k) {
    TileA::fetch(ha, p.a, A_ALONG_K ? m0 : k, A_ALONG_K ? k : m0, A_ALONG_K ? p.m : p.k, A_ALONG_K ? p.k : p.m);
    TileB::fetch(hb, p.b, B_ALONG_K ? n0 : k, B_ALONG_K ? k : n0, B_ALONG_K ? p.n : p.k, B_ALONG_K ? p.k : p.n);
  }

  static __device__ __forceinline__ void copy(const MatmulArguments& p, bf16* tile, int m0, int n0, int k) {
    TileA::copy(tile, p.a, A_ALONG_K ? m0 : k, A_ALONG_K ? k : m0, A_ALONG_K ? p.m : p.k, A_ALONG_K ? p.k : p.m);
    TileB::copy(tile + TileA::ELEMENTS, p.b, B_ALONG_K ? n0 : k, B_ALONG_K ? k : n0, B_ALONG_K ? p.n : p.k,
                B_ALONG_K ? p.k : p.n);
  }

  // STAGES - 1 tiles are on their way while one is multiplied. The barrier tells that a tile has arrived for every
  // thread and that the buffer of the tile before is free for the next copy.
  static __device__ __forceinline__ void sum_aligned(const MatmulArguments& p, bf16* shared, float (&acc)[MI][NJ][4],
                                                     int m0, int n0, int first, int count) {
    for (int t = 0; t < STAGES - 1; t++) {
      if (t < count) copy(p, shared + t * STAGE, m0, n0, (first + t) * BK);
      ptx::cp_async_commit();
    }
    int read_stage = 0, write_stage = STAGES - 1;
    for (int t = 0; t < count; t++) {
      ptx::cp_async_wait<STAGES - 2>();
      __syncthreads();
      if (t + STAGES - 1 < count) copy(p, shared + write_stage * STAGE, m0, n0, (first + t + STAGES - 1) * BK);
      ptx::cp_async_commit();
      multiply(acc, shared + read_stage * STAGE);
      read_stage = read_stage + 1 == STAGES ? 0 : read_stage + 1;
      write_stage = write_stage + 1 == STAGES ? 0 : write_stage + 1;
    }
    ptx::cp_async_wait<0>();
    __syncthreads();
  }

  static __device__ __forceinline__ void run(const MatmulArguments& p, bf16* shared) {
    int m0, n0;
    tile_origin<BM, BN>(p.m, p.n, blockIdx.x, m0, n0);
    int first = blockIdx.y * p.k_tiles, count = min(p.k_tiles, (p.k + BK - 1) / BK - first);
    float acc[MI][NJ][4] = {};
    if (ALIGNED)
      sum_aligned(p, shared, acc, m0, n0, first, count);
    else
      sum_any(p, shared, acc, m0, n0, first, count);

    // 16 rows at a time pass through shared memory, so that a lane stores 8 neighbours of a row in one access.
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, wm = m0 + (warp & 1) * WM, wn = n0 + (warp >> 1) * WN;
    float* sums = reinterpret_cast<float*>(shared) + warp * 16 * PAD;
    int column = lane % (WN / 8) * 8;
    float bias[LANES];
    load_bias<ALIGNED>(bias, p, wn + column);
#pragma unroll
    for (int i = 0; i < MI; i++) {
      __syncwarp();
#pragma unroll
      for (int j = 0; j < NJ; j++) {
        float* at = sums + (lane >> 2) * PAD + j * 8 + (lane & 3) * 2;
        *reinterpret_cast<float2*>(at) = make_float2(acc[i][j][0], acc[i][j][1]);
        *reinterpret_cast<float2*>(at + 8 * PAD) = make_float2(acc[i][j][2], acc[i][j][3]);
      }
      __syncwarp();
#pragma unroll 1
      for (int r = lane / (WN / 8); r < 16; r += 32 / (WN / 8)) {
        int row = wm + i * 16 + r;
        if (row < p.m && wn + column < p.n) {
          float4 lo = ptx::ld128<float4>(sums + r * PAD + column), hi = ptx::ld128<float4>(sums + r * PAD + column + 4);
          float v[LANES] = {lo.x, lo.y, lo.z, lo.w, hi.x, hi.y, hi.z, hi.w};
          store_row<FORM, ALIGNED>(p, blockIdx.y, row, wn + column, v, bias);
        }
      }
    }
  }
};

#if defined(SIMT_HOST) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
// ---- bf16 on compute capability 9.0: bulk copies by one thread, products by two warpgroups, 64 rows each
// Shared memory has the layout that bulk copies write with a swizzle of 128 bytes: blocks of 8 KiB, 64 rows of 64
// elements. Operands along k are BM (BN) such rows; operands along m or n are blocks of 64 columns, a row for each k.
template <int FORM, int BN>
struct Warpgroups {
  static constexpr bool A_ALONG_K = FORM != WEIGHT_GRADIENT, B_ALONG_K = FORM == FORWARD;
  static constexpr int BM = 128, DEPTH = 64, BLOCK = 64 * DEPTH * 2, STAGE = (BM + BN) * DEPTH * 2,
                       RING = 4 * (BM + 256) * DEPTH * 2, STAGES = RING / STAGE, SLICE = 32, PAD = SLICE + 8;

  // A place in the ring of stages; the phase changes with every round.
  struct Cursor {
    int stage = 0;
    unsigned phase = 0;
    __device__ __forceinline__ void next() {
      if (++stage == STAGES) stage = 0, phase ^= 1;
    }
  };

  // Calls f(part, first row, first column, tiles of k before, tiles of k) for the work of this block.
  template <class F>
  static __device__ __forceinline__ void for_each(const MatmulArguments& p, F f) {
    int tiles = (p.m + BM - 1) / BM * ((p.n + BN - 1) / BN), depth = (p.k + DEPTH - 1) / DEPTH,
        parts = (depth + p.k_tiles - 1) / p.k_tiles;
    for (int item = blockIdx.x; item < tiles * parts; item += gridDim.x) {
      int part = item / tiles, m0, n0;
      tile_origin<BM, BN>(p.m, p.n, item - part * tiles, m0, n0);
      f(part, m0, n0, part * p.k_tiles, min(p.k_tiles, depth - part * p.k_tiles));
    }
  }

  static __device__ __forceinline__ void produce(const MatmulArguments& p, const ptx::TmaMap* a, const ptx::TmaMap* b,
                                                 unsigned char* ring, unsigned long long* full,
                                                 unsigned long long* empty) {
    Cursor at;
    for_each(p, [&](int, int m0, int n0, int first, int count) {
      for (int t = 0; t < count; t++, at.next()) {
        unsigned char *ta = ring + at.stage * STAGE, *tb = ta + BM * DEPTH * 2;
        int k = (first + t) * DEPTH;
        ptx::mbar_wait(&empty[at.stage], at.phase ^ 1);
        ptx::mbar_expect_tx(&full[at.stage], STAGE);
        if (A_ALONG_K)
          ptx::tma_load_2d(ta, a, k, m0, &full[at.stage]);
        else
          for (int i = 0; i < BM / 64; i++) ptx::tma_load_2d(ta + i * BLOCK, a, m0 + i * 64, k, &full[at.stage]);
        if (B_ALONG_K)
          ptx::tma_load_2d(tb, b, k, n0, &full[at.stage]);
        else
          for (int i = 0; i < BN / 64; i++) ptx::tma_load_2d(tb + i * BLOCK, b, n0 + i * 64, k, &full[at.stage]);
      }
    });
  }

  static __device__ __forceinline__ void multiply(float (&acc)[BN / 2], unsigned long long a, unsigned long long b);

  // One tile of products is in flight while the next is issued; a stage is handed back when its products are done.
  static __device__ __forceinline__ void consume(const MatmulArguments& p, unsigned char* ring, float* sums,
                                                 unsigned long long* full, unsigned long long* empty) {
    int lane = threadIdx.x & 31, group = static_cast<int>(threadIdx.x) / 128 - 1;
    Cursor at;
    for_each(p, [&](int part, int m0, int n0, int, int count) {
      float acc[BN / 2] = {};
      int last = 0;
      for (int t = 0; t < count; t++, at.next()) {
        const unsigned char* tile = ring + at.stage * STAGE;
        unsigned long long a = ptx::wgmma_desc(tile + group * BLOCK, 16, 1024, 1),
                           b = ptx::wgmma_desc(tile + BM * DEPTH * 2, B_ALONG_K ? 16 : BLOCK, 1024, 1);
        ptx::mbar_wait(&full[at.stage], at.phase);
        ptx::wgmma_fence();
#pragma unroll
        for (int kk = 0; kk < DEPTH / 16; kk++)  // 16 elements of a row, or 16 rows; addresses count in 16 bytes
          multiply(acc, a + kk * (A_ALONG_K ? 2 : 128), b + kk * (B_ALONG_K ? 2 : 128));
        ptx::wgmma_commit();
        ptx::wgmma_wait<1>();
        if (t > 0 && lane == 0) ptx::mbar_arrive(&empty[last]);
        last = at.stage;
      }
      ptx::wgmma_wait<0>();
      if (lane == 0) ptx::mbar_arrive(&empty[last]);
      store(p, part, m0 + group * 64, n0, sums, acc);
    });
  }

  // A warp holds 16 rows. 32 columns at a time pass through shared memory, so that a lane stores 8 neighbours of a row.
  static __device__ __forceinline__ void store(const MatmulArguments& p, int part, int m0, int n0, float* sums,
                                               const float (&acc)[BN / 2]) {
    int lane = threadIdx.x & 31, warp = (threadIdx.x >> 5) & 3, first = m0 + warp * 16;
#pragma unroll
    for (int s = 0; s < BN / SLICE; s++) {
      __syncwarp();
#pragma unroll
      for (int j = 0; j < SLICE / 8; j++) {
        float* at = sums + (lane >> 2) * PAD + j * 8 + (lane & 3) * 2;
        const int i = s * (SLICE / 2) + j * 4;
        *reinterpret_cast<float2*>(at) = make_float2(acc[i], acc[i + 1]);
        *reinterpret_cast<float2*>(at + 8 * PAD) = make_float2(acc[i + 2], acc[i + 3]);
      }
      __syncwarp();
      int within = (lane & 3) * 8, column = n0 + s * SLICE + within;
      float bias[LANES];
      load_bias<true>(bias, p, column);
#pragma unroll 1
      for (int r = lane >> 2; r < 16; r += 8)
        if (first + r < p.m && column < p.n) {
          float4 lo = ptx::ld128<float4>(sums + r * PAD + within), hi = ptx::ld128<float4>(sums + r * PAD + within + 4);
          float v[LANES] = {lo.x, lo.y, lo.z, lo.w, hi.x, hi.y, hi.z, hi.w};
          store_row<FORM, true>(p, part, first + r, column, v, bias);
        }
    }
  }

  static __device__ __forceinline__ void run(const MatmulArguments& p, const ptx::TmaMap* a, const ptx::TmaMap* b,
                                             unsigned char* shared) {
    SHARED(unsigned long long, full, [STAGES]);
    SHARED(unsigned long long, empty, [STAGES]);
    if (threadIdx.x == 0) {
      for (int s = 0; s < STAGES; s++) {
        ptx::mbar_init(&full[s], 1);
        ptx::mbar_init(&empty[s], 8);  // one arrival of each multiplying warp
      }
      ptx::mbar_fence_init();
    }
    __syncthreads();
    if (threadIdx.x < 128) {
      ptx::setmaxnreg_dec<24>();
      if (threadIdx.x == 0) produce(p, a, b, shared, full, empty);
    } else {
      ptx::setmaxnreg_inc<240>();
      float* sums = reinterpret_cast<float*>(shared + RING) + ((threadIdx.x >> 5) - 4) * 16 * PAD;
      consume(p, shared, sums, full, empty);
    }
  }
};
template <int FORM, int BN>
__device__ __forceinline__ void Warpgroups<FORM, BN>::multiply(float (&acc)[BN / 2], unsigned long long a,
                                                               unsigned long long b) {
  if constexpr (BN == 256)
    ptx::wgmma_m64n256k16_bf16<!A_ALONG_K, !B_ALONG_K>(acc, a, b);
  else
    ptx::wgmma_m64n128k16_bf16<!A_ALONG_K, !B_ALONG_K>(acc, a, b);
}
#endif
#else
// ---- f32: fused multiply-add
constexpr int BK = 16;
constexpr int THREADS = 256;  // 16 x 16

// A tile of one operand as [BK][SIZE + 4]: a thread reads its rows of a k as 16 bytes. Rows along k are turned on the
// way, 4 bytes at a time: the lanes of a warp read 64 neighbouring bytes of two rows and write with two-way conflicts.
template <int SIZE, bool ALONG_K, bool ALIGNED>
struct Tile {
  static constexpr int STRIDE = SIZE + 4, ELEMENTS = BK * STRIDE;
  static __device__ __forceinline__ void copy(float* tile, const float* matrix, int at, int k, int size, int k_size) {
    // NOTE: one pointer that steps from row to row. Separate addresses, kept in registers over the loop, would spill.
    constexpr int LANE = !ALONG_K && ALIGNED ? 4 : 1, SPAN = ALONG_K ? BK : SIZE / LANE, STEP = THREADS / SPAN,
                  PASSES = SIZE * BK / LANE / THREADS;
    int along = static_cast<int>(threadIdx.x) % SPAN * LANE, across = static_cast<int>(threadIdx.x) / SPAN;
    int columns = ALONG_K ? k_size : size, rows = ALONG_K ? size - at : k_size - k;
    bool in_columns = (ALONG_K ? k : at) + along < columns;
    const float* source =
        matrix + static_cast<long long>((ALONG_K ? at : k) + across) * columns + (ALONG_K ? k : at) + along;
    long long step = static_cast<long long>(STEP) * columns;
#pragma unroll
    for (int i = 0; i < PASSES; i++) {
      bool inside = in_columns && across < rows;
      if (LANE == 4)
        ptx::cp_async16(tile + across * STRIDE + along, inside ? source : matrix, inside);
      else
        ptx::cp_async4(tile + (ALONG_K ? along : across) * STRIDE + (ALONG_K ? across : along),
                       inside ? source : matrix, inside);
      source += step;
      across += STEP;
    }
  }
};

// The product of one block: thread (tx, ty) holds rows ty*4 + 64g and columns tx*4 + 64h, 4 of each. Sums run in
// increasing k.
template <int FORM, int BM, int BN, bool ALIGNED>
struct Product {
  static constexpr bool A_ALONG_K = FORM != WEIGHT_GRADIENT, B_ALONG_K = FORM == FORWARD;
  using TileA = Tile<BM, A_ALONG_K, ALIGNED>;
  using TileB = Tile<BN, B_ALONG_K, ALIGNED>;
  static constexpr int STAGE = TileA::ELEMENTS + TileB::ELEMENTS, SHARED_ELEMENTS = 2 * STAGE, G = BM / 64, H = BN / 64;

  static __device__ __forceinline__ void copy(const MatmulArguments& p, float* tile, int m0, int n0, int k) {
    TileA::copy(tile, p.a, m0, k, p.m, p.k);
    TileB::copy(tile + TileA::ELEMENTS, p.b, n0, k, p.n, p.k);
  }

  static __device__ __forceinline__ void run(const MatmulArguments& p, float* shared) {
    int m0, n0, tx = threadIdx.x & 15, ty = threadIdx.x >> 4;
    tile_origin<BM, BN>(p.m, p.n, blockIdx.x, m0, n0);
    int first = blockIdx.y * p.k_tiles, count = min(p.k_tiles, (p.k + BK - 1) / BK - first);
    float acc[G * 4][H * 4] = {};
    copy(p, shared, m0, n0, first * BK);
    ptx::cp_async_commit();
    for (int t = 0; t < count; t++) {
      float* tile = shared + (t & 1) * STAGE;
      ptx::cp_async_wait<0>();
      __syncthreads();
      if (t + 1 < count) copy(p, shared + (~t & 1) * STAGE, m0, n0, (first + t + 1) * BK);
      ptx::cp_async_commit();
      multiply(acc, tile + ty * 4, tile + TileA::ELEMENTS + tx * 4);
    }
#pragma unroll
    for (int h = 0; h < H; h++) {
      int column = n0 + h * 64 + tx * 4;
      float bias[LANES];
      load_bias<ALIGNED>(bias, p, column);
#pragma unroll
      for (int i = 0; i < G * 4; i++) {
        int row = m0 + i / 4 * 64 + ty * 4 + i % 4;
        float v[LANES] = {acc[i][h * 4], acc[i][h * 4 + 1], acc[i][h * 4 + 2], acc[i][h * 4 + 3]};
        if (row < p.m && column < p.n) store_row<FORM, ALIGNED>(p, blockIdx.y, row, column, v, bias);
      }
    }
  }

  static __device__ __forceinline__ void multiply(float (&acc)[G * 4][H * 4], const float* ta, const float* tb) {
#pragma unroll
    for (int k = 0; k < BK; k++) {
      float a[G * 4], b[H * 4];
#pragma unroll
      for (int g = 0; g < G; g++) {
        float4 v = ptx::ld128<float4>(ta + k * TileA::STRIDE + g * 64);
        a[g * 4] = v.x, a[g * 4 + 1] = v.y, a[g * 4 + 2] = v.z, a[g * 4 + 3] = v.w;
      }
#pragma unroll
      for (int h = 0; h < H; h++) {
        float4 v = ptx::ld128<float4>(tb + k * TileB::STRIDE + h * 64);
        b[h * 4] = v.x, b[h * 4 + 1] = v.y, b[h * 4 + 2] = v.z, b[h * 4 + 3] = v.w;
      }
#pragma unroll
      for (int i = 0; i < G * 4; i++)
#pragma unroll
        for (int j = 0; j < H * 4; j++) acc[i][j] += a[i] * b[j];
    }
  }
};
#endif
}  // namespace gemm

// matmul_{forward, input_gradient, weight_gradient}_{128, 64, any}
//   math    D[m,n] = Σ_k A(m,k) B(n,k), then the finish of the form
//   shapes  the table above; a row of each operand is dense
//   launch  grid (tiles of m x tiles of n, splits of k)
//           bf16  block 128; 128x128x32 and 64x64x32, shared STAGES x 16 KiB and 8 KiB; any: 64x64x32, 16 KiB
//           f32   block 256; 128x128x16 and 64x64x16, shared 33 KiB and 17 KiB; any: 64x64x16
//   needs   128, 64: 16-byte aligned operands and rows; any: nothing      writes  D overwritten or added to
//   bound   by the tensor cores (bf16) or the f32 units from about 256 rows on, by reading the weights below
#ifdef SIMT_HOST
#define MATMUL_BOUNDS gemm::THREADS
#else
#define MATMUL_BOUNDS gemm::THREADS, 2  // two blocks of a multiprocessor hide each other's barriers
#endif
#define MATMUL_KERNELS(NAME, FORM)                                                      \
  KERNEL(NAME##_128, MATMUL_BOUNDS, (const __grid_constant__ MatmulArguments p)) {      \
    DYN_SHARED(element, shared);                                                        \
    gemm::Product<FORM, 128, 128, true>::run(p, shared);                                \
  }                                                                                     \
  KERNEL(NAME##_64, MATMUL_BOUNDS, (const __grid_constant__ MatmulArguments p)) {       \
    DYN_SHARED(element, shared);                                                        \
    gemm::Product<FORM, 64, 64, true>::run(p, shared);                                  \
  }                                                                                     \
  KERNEL(NAME##_any, MATMUL_BOUNDS, (const __grid_constant__ MatmulArguments p)) {      \
    DYN_SHARED(element, shared);                                                        \
    gemm::Product<FORM, 64, 64, false>::run(p, shared);                                 \
  }
MATMUL_KERNELS(matmul_forward, gemm::FORWARD)
MATMUL_KERNELS(matmul_input_gradient, gemm::INPUT_GRADIENT)
MATMUL_KERNELS(matmul_weight_gradient, gemm::WEIGHT_GRADIENT)

#if ELEMENT_BF16 && (defined(SIMT_HOST) || defined(__CUDA_ARCH_FEAT_SM90_ALL))
// matmul_{forward, input_gradient, weight_gradient}_wgmma_{256, 128}
//   math    as above
//   shapes  128 x 256 or 128 x 128 sums of a block, k in tiles of 64; a and b are tensor maps of A and B
//   launch  grid min(tiles x parts, multiprocessors), each block takes every gridDim.x-th; block 384: one thread copies,
//           two warpgroups multiply; shared 192 KiB of stages + 20 KiB of sums
//   needs   16-byte aligned operands and rows, k > 0      writes  D overwritten or added to
//   bound   by the tensor cores
#ifdef SIMT_HOST
#define WARPGROUP_BOUNDS 384
#else
#define WARPGROUP_BOUNDS 384, 1  // without the second number the compiler ignores setmaxnreg
#endif
#define WARPGROUP_KERNELS(NAME, FORM, BN)                                                               \
  KERNEL(NAME, WARPGROUP_BOUNDS,                                                                        \
         (const __grid_constant__ MatmulArguments p, const __grid_constant__ ptx::TmaMap a,             \
          const __grid_constant__ ptx::TmaMap b)) {                                                     \
    DYN_SHARED(unsigned char, shared);                                                                  \
    gemm::Warpgroups<FORM, BN>::run(p, &a, &b, shared);                                                 \
  }
WARPGROUP_KERNELS(matmul_forward_wgmma_256, gemm::FORWARD, 256)
WARPGROUP_KERNELS(matmul_forward_wgmma_128, gemm::FORWARD, 128)
WARPGROUP_KERNELS(matmul_input_gradient_wgmma_256, gemm::INPUT_GRADIENT, 256)
WARPGROUP_KERNELS(matmul_input_gradient_wgmma_128, gemm::INPUT_GRADIENT, 128)
WARPGROUP_KERNELS(matmul_weight_gradient_wgmma_256, gemm::WEIGHT_GRADIENT, 256)
WARPGROUP_KERNELS(matmul_weight_gradient_wgmma_128, gemm::WEIGHT_GRADIENT, 128)
#endif

// matmul_weight_gradient_reduce
//   math    D[m,n] = Σ_s partial[s,m,n], in increasing s, added to what was there if asked
//   shapes  partial (splits, m, n) f32
//   launch  a thread for each 16 bytes of D: block 256, grid ceil(m ceil(n / LANES) / 256)
//   needs   aligned = 1: D and its rows aligned to 16 bytes      writes  D overwritten or added to
//   bound   by memory: 4 splits m n bytes read
KERNEL(matmul_weight_gradient_reduce, 256, (const __grid_constant__ MatmulArguments p, int splits, int aligned)) {
  using namespace gemm;
  int groups = (p.n + LANES - 1) / LANES;
  long long i = static_cast<long long>(blockIdx.x) * 256 + threadIdx.x, row = i / groups;
  int column = static_cast<int>(i - row * groups) * LANES;
  if (row >= p.m) return;
  const float* source = p.partial + row * p.n + column;
  long long stride = static_cast<long long>(p.m) * p.n;
  float v[LANES] = {}, none[LANES];
  for (int s = 0; s < splits; s++, source += stride) {
#pragma unroll
    for (int e = 0; e < LANES; e++)
      if (column + e < p.n) v[e] += source[e];
  }
  if (aligned)
    finish<WEIGHT_GRADIENT, true>(p, static_cast<int>(row), column, v, none);
  else
    finish<WEIGHT_GRADIENT, false>(p, static_cast<int>(row), column, v, none);
}

// ---- bias gradient: column sums of dY
namespace gemm {
constexpr int BIAS_ROWS = 256;  // rows of a partial sum: fixed, so that the order of the sum is the same everywhere
template <bool ALIGNED>
__device__ __forceinline__ void sum_rows(float (&sum)[LANES], const element* input, int columns, int column,
                                         int first, int last) {
  if (column >= columns) return;
#pragma unroll 4
  for (int row = first; row < last; row += 8) {
    float v[LANES];
    load_lanes<ALIGNED>(v, input + static_cast<long long>(row) * columns + column, columns - column);
#pragma unroll
    for (int e = 0; e < LANES; e++) sum[e] += v[e];
  }
}
}  // namespace gemm

// matmul_bias_partial
//   math    partial[g,o] = Σ dY[n,o] over the 256 rows n of group g: 8 sums of every eighth row, then those in order
//   shapes  dY (rows, columns) · partial (ceil(rows / 256), columns) f32
//   launch  8 warps, a lane for 16 bytes of a row: block 256, grid (ceil(columns / (32 LANES)), ceil(rows / 256) as
//           x = group * column blocks + column block), static shared 8 KiB
//   needs   aligned = 1: dY and its rows aligned to 16 bytes      writes  partial overwritten
//   bound   by memory: dY is read once
KERNEL(matmul_bias_partial, 256, (float* partial, const element* input, int rows, int columns, int aligned)) {
  using namespace gemm;
  SHARED(float, sums, [8][32 * LANES]);
  int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, blocks = (columns + 32 * LANES - 1) / (32 * LANES),
      group = static_cast<int>(blockIdx.x) / blocks, base = (static_cast<int>(blockIdx.x) - group * blocks) * 32 * LANES,
      first = group * BIAS_ROWS, last = min(rows, first + BIAS_ROWS);
  float sum[LANES] = {};
  if (aligned)
    sum_rows<true>(sum, input, columns, base + lane * LANES, first + warp, last);
  else
    sum_rows<false>(sum, input, columns, base + lane * LANES, first + warp, last);
#pragma unroll
  for (int e = 0; e < LANES; e += 4)
    ptx::st128(&sums[warp][lane * LANES + e], make_float4(sum[e], sum[e + 1], sum[e + 2], sum[e + 3]));
  __syncthreads();
  for (int c = threadIdx.x; c < 32 * LANES; c += 256) {
    float total = 0.f;
#pragma unroll
    for (int w = 0; w < 8; w++) total += sums[w][c];
    if (base + c < columns) partial[static_cast<long long>(group) * columns + base + c] = total;
  }
}

// matmul_bias_sum
//   math    db[o] = Σ_g partial[g,o], as 8 sums of every eighth group, then those in order; added to db if asked
//   shapes  partial (groups, columns) f32 · db (columns)
//   launch  a lane for a column, a warp for every eighth group: block 256, grid ceil(columns / 32), static shared 1 KiB
//   needs   nothing      writes  db overwritten or added to
//   bound   by latency
KERNEL(matmul_bias_sum, 256, (element* output, const float* partial, int groups, int columns, int accumulate)) {
  SHARED(float, sums, [8][32]);
  int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, column = static_cast<int>(blockIdx.x) * 32 + lane;
  float sum = 0.f;
  if (column < columns) {
#pragma unroll 4
    for (int g = warp; g < groups; g += 8) sum += partial[static_cast<long long>(g) * columns + column];
  }
  sums[warp][lane] = sum;
  __syncthreads();
  if (warp == 0 && column < columns) {
    float total = 0.f;
#pragma unroll
    for (int w = 0; w < 8; w++) total += sums[w][lane];
    store_f(output + column, accumulate ? total + load_f(output + column) : total);
  }
}

#endif  // gemm

// ==== section 3: attention ==========================================================================================
#if PROGRAM == 0 || PROGRAM == 3

#endif  // attention
