// kernels.cu: all device code of the engine. Freestanding: NVRTC compiles exactly this text, with no include path; the
// SIMT emulator compiles it for the host.
//
// Specialisation, by -D (capital words only):
//   PROGRAM       which section: 1 rows, 2 gemm, 3 attention; 0 (default) all of them
//   ELEMENT_BF16  elements of activations, weights and gradients are bf16 (1, default) or f32 (0)
//   HEAD_SIZE     HS of the attention kernels, default 64
//
// KERNEL_WIDE is KERNEL for large register tiles: as many registers as a block may have, rather than a few spilled for one
// block more.
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
#define KERNEL_WIDE(name, maxthreads, params) extern "C" __global__ void __launch_bounds__(maxthreads, 1) name params
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
__device__ __forceinline__ void mma_m16n8k8_tf32(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
template <int MI, int NJ>
__device__ __forceinline__ void mma_tile_tf32(float (&d)[MI][NJ][4], const unsigned (&a)[MI][4],
                                              const unsigned (&b)[NJ][2]) {
#pragma unroll
  for (int i = 0; i < MI; i++)
#pragma unroll
    for (int j = 0; j < NJ; j++) mma_m16n8k8_tf32(d[i][j], a[i], b[j][0], b[j][1]);
}
__device__ __forceinline__ unsigned tf32_rna(float x) {
  unsigned r;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(x));
  return r;
}
__device__ __forceinline__ void bar_sync(int id, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}
__device__ __forceinline__ void bar_arrive(int id, int threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}
template <class T>
__device__ __forceinline__ T warp_sum(T v) {  // float, double or int; every lane gets the sum
#pragma unroll
  for (int o = 16; o > 0; o >>= 1) v += __shfl_xor_sync(0xffffffffu, v, o);
  return v;
}
__device__ __forceinline__ float warp_max(float v) {
#pragma unroll
  for (int o = 16; o > 0; o >>= 1) v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, o));
  return v;
}
__device__ __forceinline__ void cp_async16(void* dst, const void* src, bool pred = true) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(smem_u32(dst)), "l"(src),
               "r"(pred ? 16 : 0)
               : "memory");
}
__device__ __forceinline__ void cp_async8(void* dst, const void* src, bool pred = true) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(smem_u32(dst)), "l"(src), "r"(pred ? 8 : 0)
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

// ---- activations
// exp and division: in bf16 the special function unit's (2^-22 relative, far below the rounding of the result), because
// the exact ones cost more than the memory traffic of these kernels leaves room for.
__device__ __forceinline__ float exponential(float x) {
#if ELEMENT_BF16
  return ptx::exp2_approx(x * 1.44269504f);
#else
  return expf(x);
#endif
}
__device__ __forceinline__ float quotient(float a, float b) {
#if ELEMENT_BF16
  return __fdividef(a, b);
#else
  return a / b;
#endif
}

// The functions and their derivatives; see Activation for the numbers. With t = exp(-|x|), sigma(x) = 1 / (1 + t) or
// t / (1 + t): nothing overflows, and sigma (1 - sigma) does not cancel.
struct Logistic {
  float value, slope;
};
__device__ __forceinline__ Logistic logistic(float x) {
  const float t = exponential(-fabsf(x));
  const float larger = __fdividef(1.f, 1.f + t), smaller = t * larger;
  return {x > 0.f ? larger : smaller, larger * smaller};
}
struct Identity {
  static __device__ __forceinline__ float value(float x) { return x; }
  static __device__ __forceinline__ float slope(float) { return 1.f; }
};
struct GeluTanh {  // x sigma(2u), u = sqrt(2/pi) (x + 0.044715 x^3)
  static constexpr float A = 1.5957691216057308f, B = 1.5957691216057308f * 0.044715f;
  static __device__ __forceinline__ float value(float x) {
    return quotient(x, 1.f + exponential(-x * (A + B * x * x)));
  }
  static __device__ __forceinline__ float slope(float x) {
    const float square = x * x;
    const Logistic s = logistic(x * (A + B * square));
    return s.value + x * s.slope * (A + 3.f * B * square);
  }
};
struct GeluErf {  // x Phi(x)
  static __device__ __forceinline__ float value(float x) {
    return 0.5f * x + 0.5f * x * erff(x * 0.70710678118654752f);
  }
  static __device__ __forceinline__ float slope(float x) {
    return 0.5f + 0.5f * erff(x * 0.70710678118654752f) + x * 0.3989422804014327f * exponential(-0.5f * x * x);
  }
};
struct Relu {
  static __device__ __forceinline__ float value(float x) { return x < 0.f ? 0.f : x; }
  static __device__ __forceinline__ float slope(float x) { return x > 0.f ? 1.f : 0.f; }
};
struct Silu {  // x sigma(x)
  static __device__ __forceinline__ float value(float x) { return quotient(x, 1.f + exponential(-x)); }
  static __device__ __forceinline__ float slope(float x) {
    const Logistic s = logistic(x);
    return s.value + x * s.slope;
  }
};

// Calls f with the function of that number (Activation's order).
template <class TFunction>
__device__ __forceinline__ void with_activation(int activation, TFunction f) {
  switch (activation) {
    case 1: f(GeluTanh()); break;
    case 2: f(GeluErf()); break;
    case 3: f(Relu()); break;
    case 4: f(Silu()); break;
    default: f(Identity()); break;
  }
}

// ==== section 1: rows (element-wise and row-wise operations) ========================================================
#if PROGRAM == 0 || PROGRAM == 1

namespace rows {

// ---- what the kernels share: 16 bytes at a time, sums over warps and blocks
constexpr int VECTOR = 16 / static_cast<int>(sizeof(element));  // elements of a 16-byte access
constexpr unsigned ALL_LANES = 0xffffffffu;

__device__ __forceinline__ int lane_index() { return static_cast<int>(threadIdx.x & 31u); }
__device__ __forceinline__ int warp_index() { return static_cast<int>(threadIdx.x >> 5); }
__device__ __forceinline__ long long grid_index() {
  return static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ long long grid_threads() { return static_cast<long long>(gridDim.x) * blockDim.x; }

__device__ __forceinline__ void unpack(float (&v)[8], const uint4& u) {
  const unsigned w[4] = {u.x, u.y, u.z, u.w};
#pragma unroll
  for (int i = 0; i < 4; i++) {
    v[2 * i] = __uint_as_float(w[i] << 16);
    v[2 * i + 1] = __uint_as_float(w[i] & 0xffff0000u);
  }
}
__device__ __forceinline__ void unpack(float (&v)[4], const uint4& u) {
  v[0] = __uint_as_float(u.x);
  v[1] = __uint_as_float(u.y);
  v[2] = __uint_as_float(u.z);
  v[3] = __uint_as_float(u.w);
}
__device__ __forceinline__ uint4 pack(const float (&v)[8]) {
  return make_uint4(ptx::pack_bf16x2(v[0], v[1]), ptx::pack_bf16x2(v[2], v[3]), ptx::pack_bf16x2(v[4], v[5]),
                    ptx::pack_bf16x2(v[6], v[7]));
}
__device__ __forceinline__ uint4 pack(const float (&v)[4]) {
  return make_uint4(__float_as_uint(v[0]), __float_as_uint(v[1]), __float_as_uint(v[2]), __float_as_uint(v[3]));
}

// Eight elements at a 16-byte aligned address, of either type.
__device__ __forceinline__ void load8(float (&v)[8], const bf16* p) { unpack(v, ptx::ld128<uint4>(p)); }
__device__ __forceinline__ void load8(float (&v)[8], const float* p) {
  const float4 low = ptx::ld128<float4>(p), high = ptx::ld128<float4>(p + 4);
  v[0] = low.x, v[1] = low.y, v[2] = low.z, v[3] = low.w;
  v[4] = high.x, v[5] = high.y, v[6] = high.z, v[7] = high.w;
}
__device__ __forceinline__ void store8(bf16* p, const float (&v)[8]) { ptx::st128(p, pack(v)); }
__device__ __forceinline__ void store8(float* p, const float (&v)[8]) {
  ptx::st128(p, make_float4(v[0], v[1], v[2], v[3]));
  ptx::st128(p + 4, make_float4(v[4], v[5], v[6], v[7]));
}

// What is left of a float after it was stored as an element.
__device__ __forceinline__ float rounded(float v) {
#if ELEMENT_BF16
  return to_f(to_bf16(v));
#else
  return v;
#endif
}

// VECTOR elements of a row from column c on, as their bits; 0 behind the row. wide: every row is 16-byte aligned and its
// length a multiple of VECTOR.
__device__ __forceinline__ uint4 load_row(const element* row, int c, int columns, bool wide) {
  if (wide) return ptx::ld128<uint4>(row + c);
  unsigned w[4];
#pragma unroll
  for (int i = 0; i < 4; i++) {
#if ELEMENT_BF16
    const int at = c + 2 * i;
    w[i] = at < columns ? row[at].v : 0u;
    if (at + 1 < columns) w[i] |= static_cast<unsigned>(row[at + 1].v) << 16;
#else
    w[i] = c + i < columns ? __float_as_uint(row[c + i]) : 0u;
#endif
  }
  return make_uint4(w[0], w[1], w[2], w[3]);
}
__device__ __forceinline__ void load_row(float (&v)[VECTOR], const element* row, int c, int columns, bool wide) {
  unpack(v, load_row(row, c, columns, wide));
}
__device__ __forceinline__ void store_row(element* row, int c, int columns, bool wide, const float (&v)[VECTOR]) {
  if (wide) {
    ptx::st128(row + c, pack(v));
    return;
  }
#pragma unroll
  for (int j = 0; j < VECTOR; j++)
    if (c + j < columns) store_f(row + c + j, v[j]);
}

// Sum and maximum over a block, for every thread of it; blocks are at most 1024 threads. The order is that of the warps.
__device__ __forceinline__ float block_sum(float v) {
  SHARED(float, parts, [32]);
  v = ptx::warp_sum(v);
  __syncthreads();  // the call before may still be reading
  if (lane_index() == 0) parts[warp_index()] = v;
  __syncthreads();
  float sum = parts[0];
  for (int w = 1; w < static_cast<int>(blockDim.x) / 32; w++) sum += parts[w];
  return sum;
}
__device__ __forceinline__ double block_sum(double v) {
  SHARED(double, parts, [32]);
  v = ptx::warp_sum(v);
  __syncthreads();
  if (lane_index() == 0) parts[warp_index()] = v;
  __syncthreads();
  double sum = parts[0];
  for (int w = 1; w < static_cast<int>(blockDim.x) / 32; w++) sum += parts[w];
  return sum;
}
__device__ __forceinline__ float block_max(float v) {
  SHARED(float, parts, [32]);
  v = ptx::warp_max(v);
  __syncthreads();
  if (lane_index() == 0) parts[warp_index()] = v;
  __syncthreads();
  float most = parts[0];
  for (int w = 1; w < static_cast<int>(blockDim.x) / 32; w++) most = fmaxf(most, parts[w]);
  return most;
}

// y[i] = f(x[i]), y[i] = f(a[i], b[i]): grid-stride, vectors where all is aligned, then single elements.
template <class TFunction>
__device__ __forceinline__ void map(element* y, const element* x, long long n, bool wide, TFunction f) {
  const long long vectors = wide ? n / VECTOR : 0;
#pragma unroll 1
  for (long long i = grid_index(); i < vectors; i += grid_threads()) {
    float v[VECTOR];
    unpack(v, ptx::ld128<uint4>(x + i * VECTOR));
#pragma unroll
    for (int j = 0; j < VECTOR; j++) v[j] = f(v[j]);
    ptx::st128(y + i * VECTOR, pack(v));
  }
#pragma unroll 1
  for (long long i = vectors * VECTOR + grid_index(); i < n; i += grid_threads()) store_f(y + i, f(load_f(x + i)));
}
template <class TFunction>
__device__ __forceinline__ void map(element* y, const element* a, const element* b, long long n, bool wide,
                                    TFunction f) {
  const long long vectors = wide ? n / VECTOR : 0;
#pragma unroll 1
  for (long long i = grid_index(); i < vectors; i += grid_threads()) {
    float u[VECTOR], v[VECTOR];
    unpack(u, ptx::ld128<uint4>(a + i * VECTOR));
    unpack(v, ptx::ld128<uint4>(b + i * VECTOR));
#pragma unroll
    for (int j = 0; j < VECTOR; j++) v[j] = f(u[j], v[j]);
    ptx::st128(y + i * VECTOR, pack(v));
  }
#pragma unroll 1
  for (long long i = vectors * VECTOR + grid_index(); i < n; i += grid_threads())
    store_f(y + i, f(load_f(a + i), load_f(b + i)));
}

// Philox 4x32-10 (doi:10.1145/2063384.2063405): 128 random bits of a 128-bit counter and a 64-bit key.
__device__ __forceinline__ uint4 philox(unsigned long long low, unsigned long long high, unsigned long long key) {
  unsigned c0 = static_cast<unsigned>(low), c1 = static_cast<unsigned>(low >> 32);
  unsigned c2 = static_cast<unsigned>(high), c3 = static_cast<unsigned>(high >> 32);
  unsigned k0 = static_cast<unsigned>(key), k1 = static_cast<unsigned>(key >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const unsigned long long p0 = 0xD2511F53ull * c0, p1 = 0xCD9E8D57ull * c2;
    c0 = static_cast<unsigned>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<unsigned>(p1);
    c2 = static_cast<unsigned>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<unsigned>(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return make_uint4(c0, c1, c2, c3);
}

// ---- move
// fill
//   math    y[i] = value
//   shapes  y (n)
//   launch  grid-stride · block 256 · shared 0
//   writes  y overwritten, sizeof(element) bytes an element
KERNEL(fill, 256, (element* output, float value, long long n, int wide)) {
  float v[VECTOR];
#pragma unroll
  for (int j = 0; j < VECTOR; j++) v[j] = value;
  const uint4 packed = pack(v);
  const long long vectors = wide ? n / VECTOR : 0;
  for (long long i = grid_index(); i < vectors; i += grid_threads()) ptx::st128(output + i * VECTOR, packed);
#pragma unroll 1
  for (long long i = vectors * VECTOR + grid_index(); i < n; i += grid_threads()) store_f(output + i, value);
}

// add, scale, clamp, clamp_backward
//   math    y += x · y *= factor · y = min(max(y, -limit), limit), NaN stays · dy = |y| < limit ? dy : 0
//   shapes  all (n)
//   launch  grid-stride · block 256 · shared 0
//   writes  y (dy) in place; reads each operand once
KERNEL(add, 256, (element* output, const element* input, long long n, int wide)) {
  map(output, output, input, n, wide, [](float y, float x) { return y + x; });
}
KERNEL(scale, 256, (element* output, float factor, long long n, int wide)) {
  map(output, output, n, wide, [factor](float y) { return factor * y; });
}
KERNEL(clamp, 256, (element* output, float limit, long long n, int wide)) {
  map(output, output, n, wide, [limit](float y) { return y < -limit ? -limit : y > limit ? limit : y; });
}
KERNEL(clamp_backward, 256, (element* dOutput, const element* output, float limit, long long n, int wide)) {
  map(dOutput, dOutput, output, n, wide, [limit](float dy, float y) { return fabsf(y) < limit ? dy : 0.f; });
}

// copy_columns
//   math    y[n,o+c] = x[n,i+c] for c < columns, any type of `size` bytes (2 or 4)
//   shapes  y (N, OC) · x (N, C); addresses include the first columns
//   launch  one block per row and 1024 columns · block 256 · grid N * segments · shared 0
//   writes  the band of y overwritten
KERNEL(copy_columns, 256, (unsigned char* output, const unsigned char* input, long long outputPitch,
                           long long inputPitch, long long columns, int size, int segments)) {
  const long long row = blockIdx.x / segments, first = static_cast<long long>(blockIdx.x % segments) * 1024;
  const long long last = first + 1024 < columns ? first + 1024 : columns;
  for (long long c = first + threadIdx.x; c < last; c += blockDim.x) {
    const long long to = row * outputPitch + c, from = row * inputPitch + c;
    if (size == 4)
      reinterpret_cast<unsigned*>(output)[to] = reinterpret_cast<const unsigned*>(input)[from];
    else
      reinterpret_cast<unsigned short*>(output)[to] = reinterpret_cast<const unsigned short*>(input)[from];
  }
}

// cast_to_bf16, cast_to_f32
//   math    y[i] = x[i]; to bf16: nearest, ties to even, a NaN keeps its upper bits
//   shapes  y, x (n)
//   launch  grid-stride, 8 elements a thread · block 256 · shared 0
//   writes  y overwritten; 6 bytes an element
__device__ __forceinline__ bf16 quiet(float v) {
  bf16 h;
  h.v = v == v ? ptx::bf16_rn(__float_as_uint(v)) : static_cast<unsigned short>(__float_as_uint(v) >> 16 | 0x40u);
  return h;
}
KERNEL(cast_to_bf16, 256, (bf16* output, const float* input, long long n, int wide)) {
  const long long vectors = wide ? n / 8 : 0;
#pragma unroll 1
  for (long long i = grid_index(); i < vectors; i += grid_threads()) {
    float v[8];
    load8(v, input + i * 8);
    unsigned w[4];
#pragma unroll
    for (int j = 0; j < 4; j++)
      w[j] = quiet(v[2 * j]).v | static_cast<unsigned>(quiet(v[2 * j + 1]).v) << 16;
    ptx::st128(output + i * 8, make_uint4(w[0], w[1], w[2], w[3]));
  }
  for (long long i = vectors * 8 + grid_index(); i < n; i += grid_threads()) output[i] = quiet(input[i]);
}
KERNEL(cast_to_f32, 256, (float* output, const bf16* input, long long n, int wide)) {
  const long long vectors = wide ? n / 8 : 0;
#pragma unroll 1
  for (long long i = grid_index(); i < vectors; i += grid_threads()) {
    float v[8];
    load8(v, input + i * 8);
    store8(output + i * 8, v);
  }
  for (long long i = vectors * 8 + grid_index(); i < n; i += grid_threads()) output[i] = to_f(input[i]);
}

// random_normal
//   math    elements 4b .. 4b+3 of Philox block b of (seed, stream), Box-Muller in f64: sqrt(-2 ln u) (cos, sin)(2 pi w)
//   shapes  y (n) f32
//   launch  grid-stride, one Philox block a thread · block 256 · shared 0
//   writes  y overwritten, 4 bytes an element
//   source  doi:10.1145/2063384.2063405; the same bits as the CPU's up to rounding of log, sin, cos
__device__ __forceinline__ void normal_pair(float& first, float& second, unsigned x, unsigned y) {
  const double radius = sqrt(-2.0 * log((x + 0.5) * (1.0 / 4294967296.0)));
  // The angle in eighths of a turn around the nearest quarter: no reduction by a rounded pi, no slow path.
  const unsigned quarter = (y + 0x20000000u) >> 30;
  const double turn = (static_cast<double>(static_cast<int>(y - (quarter << 30))) + 0.5) * (1.0 / 4294967296.0);
  const double a = turn * 6.283185307179586477, s = a * a;
  const double sine =
      a * (1.0 + s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040 + s * (1.0 / 362880 + s * (-1.0 / 39916800 +
      s * (1.0 / 6227020800.0)))))));
  const double cosine =
      1.0 + s * (-0.5 + s * (1.0 / 24 + s * (-1.0 / 720 + s * (1.0 / 40320 + s * (-1.0 / 3628800 +
      s * (1.0 / 479001600 + s * (-1.0 / 87178291200.0)))))));
  const double c = quarter & 1u ? -sine : cosine, d = quarter & 1u ? cosine : sine;
  first = static_cast<float>(radius * (quarter & 2u ? -c : c));
  second = static_cast<float>(radius * (quarter & 2u ? -d : d));
}
KERNEL(random_normal, 256, (float* output, unsigned long long seed, unsigned long long stream, float deviation,
                            long long n)) {
  const long long blocks = (n + 3) / 4;
  for (long long b = grid_index(); b < blocks; b += grid_threads()) {
    const uint4 bits = philox(static_cast<unsigned long long>(b), stream, seed);
    float v[4];
    normal_pair(v[0], v[1], bits.x, bits.y);
    normal_pair(v[2], v[3], bits.z, bits.w);
#pragma unroll
    for (int j = 0; j < 4; j++)
      if (b * 4 + j < n) output[b * 4 + j] = v[j] * deviation;
  }
}

// ---- embedding
// embedding_forward
//   math    y[n] = E[t[n]] + P[offset + offsets[n / T] + n mod T]
//   shapes  y (N, C) · t (N) · E (V, C) · P (positions, C) or null · offsets (N / T) or null
//   launch  one warp per row · block 256 · grid ceil(N / 8) · shared 0
//   writes  y overwritten; reads two rows and writes one
struct Embedding {
  element* output;
  const int* tokens;
  const element* tokenTable;
  const element* positionTable;
  const int* offsets;
  long long n;
  int columns, sequence, offset, wide;
};
KERNEL(embedding_forward, 256, (Embedding p)) {
  const long long n = static_cast<long long>(blockIdx.x) * 8 + warp_index();
  if (n >= p.n) return;
  const element* token = p.tokenTable + static_cast<long long>(p.tokens[n]) * p.columns;
  const element* position = nullptr;
  if (p.positionTable) {
    const long long sequence = n / p.sequence;
    const long long at = p.offset + (p.offsets ? p.offsets[sequence] : 0) + (n - sequence * p.sequence);
    position = p.positionTable + at * p.columns;
  }
  for (int c = lane_index() * VECTOR; c < p.columns; c += 32 * VECTOR) {
    float v[VECTOR];
    load_row(v, token, c, p.columns, p.wide);
    if (position) {
      float w[VECTOR];
      load_row(w, position, c, p.columns, p.wide);
#pragma unroll
      for (int j = 0; j < VECTOR; j++) v[j] += w[j];
    }
    store_row(p.output + n * p.columns, c, p.columns, p.wide, v);
  }
}

// Token gradient: rows of dy are summed per token in the order of n. Tokens are sorted with their n by a stable radix
// sort (9 bits a pass: two passes up to V = 262144); then a warp sums each slice of SLICE sorted rows. A run of one
// token inside a slice is finished there; of a run that crosses into other slices each slice leaves a partial sum in
// f32, and one warp per such run adds them up in order. No atomics on floats, no host.
constexpr int DIGIT_BITS = 9, DIGITS = 1 << DIGIT_BITS, TILE = 1024, SLICE = 32;

// sort_count, sort_scan, sort_scatter
//   math    stable sort by DIGIT_BITS of the key: counts per (digit, tile), exclusive sums of them, scatter
//   shapes  keys, values (n) · counts (DIGITS, tiles); values null: the element's own index
//   launch  count, scatter: a tile of 1024 a block · block 512 (a thread per digit) · grid tiles
//           scan: block 1024 · grid 1
//   writes  counts; keysOut, valuesOut overwritten
KERNEL(sort_count, 512, (int* counts, const int* keys, long long n, int shift)) {
  SHARED(unsigned short, digits, [TILE]);
  const long long first = static_cast<long long>(blockIdx.x) * TILE;
  const int count = static_cast<int>(n - first < TILE ? n - first : TILE);
  for (int i = static_cast<int>(threadIdx.x); i < TILE; i += DIGITS)
    digits[i] = i < count ? static_cast<unsigned short>(keys[first + i] >> shift & (DIGITS - 1)) : 0xffff;
  __syncthreads();
  int found = 0;
  for (int i = 0; i < count; i++) found += digits[i] == threadIdx.x ? 1 : 0;
  counts[static_cast<long long>(threadIdx.x) * gridDim.x + blockIdx.x] = found;
}
KERNEL(sort_scan, 1024, (int* counts, int n)) {
  SHARED(int, parts, [32]);
  int before = 0;
  for (int start = 0; start < n; start += 4096) {
    const int at = start + static_cast<int>(threadIdx.x) * 4;
    int v[4], own = 0;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      v[j] = at + j < n ? counts[at + j] : 0;
      own += v[j];
    }
    int sum = own;
#pragma unroll
    for (int o = 1; o < 32; o <<= 1) {
      const int other = __shfl_up_sync(ALL_LANES, sum, o);
      if (lane_index() >= o) sum += other;
    }
    __syncthreads();
    if (lane_index() == 31) parts[warp_index()] = sum;
    __syncthreads();
    int total = 0, below = 0;
    for (int w = 0; w < 32; w++) {
      if (w == warp_index()) below = total;
      total += parts[w];
    }
    int running = before + below + sum - own;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      if (at + j < n) counts[at + j] = running;
      running += v[j];
    }
    before += total;
  }
}
KERNEL(sort_scatter, 512, (int* keysOut, int* valuesOut, const int* keys, const int* values, const int* counts,
                           long long n, int shift)) {
  SHARED(unsigned short, digits, [TILE]);
  const long long first = static_cast<long long>(blockIdx.x) * TILE;
  const int count = static_cast<int>(n - first < TILE ? n - first : TILE);
  for (int i = static_cast<int>(threadIdx.x); i < TILE; i += DIGITS)
    digits[i] = i < count ? static_cast<unsigned short>(keys[first + i] >> shift & (DIGITS - 1)) : 0xffff;
  __syncthreads();
  int place = counts[static_cast<long long>(threadIdx.x) * gridDim.x + blockIdx.x];
  for (int i = 0; i < count; i++)
    if (digits[i] == threadIdx.x) {
      keysOut[place] = keys[first + i];
      valuesOut[place] = values ? values[first + i] : static_cast<int>(first + i);
      place++;
    }
}

// embedding_slices, embedding_runs
//   math    dE[v] += fraction * sum over n with t[n] = v of dy[n]
//   shapes  dE (V, C) · dy (N, C) · keys, values (N) sorted · partial (slices, 2, C) f32: [0] of a run that came from the
//           slice before, [1] of a run that goes on in the next one
//   launch  one warp per slice and 32 VECTOR columns · block 128 · grid (ceil(slices / 4), column chunks) · shared 0
//   writes  dE accumulated (cleared by fill before, if overwritten); reads dy once
struct EmbeddingGradient {
  element* dTable;
  float* partial;
  const element* dOutput;
  const int* keys;
  const int* values;
  int n, columns, paddingRow, wide;
  float fraction;
};
__device__ __forceinline__ void add_to_table(const EmbeddingGradient& p, int key, int c, const float (&sum)[VECTOR]) {
  if (key == p.paddingRow || c >= p.columns) return;
  element* row = p.dTable + static_cast<long long>(key) * p.columns;
  float v[VECTOR];
  load_row(v, row, c, p.columns, p.wide);
#pragma unroll
  for (int j = 0; j < VECTOR; j++) v[j] += p.fraction * sum[j];
  store_row(row, c, p.columns, p.wide, v);
}
__device__ __forceinline__ void put_partial(float* row, int c, int columns, const float (&sum)[VECTOR]) {
#pragma unroll
  for (int j = 0; j < VECTOR; j++)
    if (c + j < columns) row[c + j] = sum[j];
}
KERNEL(embedding_slices, 128, (EmbeddingGradient p)) {
  static_assert(SLICE == 32, "a lane for each row of a slice");
  const int slice = static_cast<int>(blockIdx.x) * 4 + warp_index();
  const int first = slice * SLICE, count = p.n - first < SLICE ? p.n - first : SLICE;
  const int c = static_cast<int>(blockIdx.y * 32 + lane_index()) * VECTOR;
  if (first >= p.n) return;
  float* partial = p.partial + slice * 2ll * p.columns;
  // The lanes hold the slice's keys and places, so that the next row of dy is on its way while this one is added.
  const int at = first + (lane_index() < count ? lane_index() : count - 1);
  const int keys = p.keys[at], values = p.values[at];
  const int after = first + count < p.n ? p.keys[first + count] : -1;
  int key = __shfl_sync(ALL_LANES, keys, 0);
  bool isContinued = first > 0 && p.keys[first - 1] == key;
  float sum[VECTOR] = {};
  const bool isInside = c < p.columns;
  uint4 row = make_uint4(0, 0, 0, 0);
  long long place = __shfl_sync(ALL_LANES, values, 0);
  if (isInside) row = load_row(p.dOutput + place * p.columns, c, p.columns, p.wide);
#pragma unroll 1
  for (int i = 0; i < count; i++) {
    float v[VECTOR];
    unpack(v, row);
    const int ahead = i + 1 < count ? i + 1 : i;
    const int next = i + 1 < count ? __shfl_sync(ALL_LANES, keys, ahead) : after;
    place = __shfl_sync(ALL_LANES, values, ahead);
    if (isInside) row = load_row(p.dOutput + place * p.columns, c, p.columns, p.wide);
#pragma unroll
    for (int j = 0; j < VECTOR; j++) sum[j] += v[j];
    if (next == key && i + 1 < count) continue;
    if (isContinued) {
      put_partial(partial, c, p.columns, sum);
    } else if (next == key) {
      put_partial(partial + p.columns, c, p.columns, sum);
    } else {
      add_to_table(p, key, c, sum);
    }
    key = next;
    isContinued = false;
#pragma unroll
    for (int j = 0; j < VECTOR; j++) sum[j] = 0.f;
  }
}
// A run that starts in this slice and leaves it: its own part, then those of the following slices.
KERNEL(embedding_runs, 128, (EmbeddingGradient p)) {
  const int slice = static_cast<int>(blockIdx.x) * 4 + warp_index();
  const long long end = (slice + 1ll) * SLICE;
  const int c = static_cast<int>(blockIdx.y * 32 + lane_index()) * VECTOR;
  if (end >= p.n || c >= p.columns) return;
  const int key = p.keys[end - 1];
  const bool startsBefore = slice > 0 && p.keys[slice * SLICE - 1] == key;
  if (p.keys[end] != key || startsBefore) return;
  float sum[VECTOR] = {};
  const float* row = p.partial + (slice * 2ll + 1) * p.columns;
#pragma unroll
  for (int j = 0; j < VECTOR; j++) sum[j] = c + j < p.columns ? row[c + j] : 0.f;
  for (int s = slice + 1; s < (p.n + SLICE - 1) / SLICE && p.keys[s * SLICE] == key; s++) {
    row = p.partial + s * 2ll * p.columns;
#pragma unroll
    for (int j = 0; j < VECTOR; j++) sum[j] += c + j < p.columns ? row[c + j] : 0.f;
  }
  add_to_table(p, key, c, sum);
}

// embedding_positions
//   math    dP[offset + t] += sum over b of dy[b T + t]
//   shapes  dP (positions, C) · dy (B T, C)
//   launch  one warp per position and 32 VECTOR columns · block 128 · grid (ceil(T / 4), column chunks) · shared 0
//   writes  dP accumulated (cleared by fill before, if overwritten); reads dy once
KERNEL(embedding_positions, 128, (element* dTable, const element* dOutput, long long n, int columns, int sequence,
                                  int offset, int wide)) {
  const long long t = static_cast<long long>(blockIdx.x) * 4 + warp_index();
  const int c = static_cast<int>(blockIdx.y * 32 + lane_index()) * VECTOR;
  if (t >= sequence || c >= columns) return;
  float sum[VECTOR] = {};
  for (long long row = t; row < n; row += sequence) {
    float v[VECTOR];
    load_row(v, dOutput + row * columns, c, columns, wide);
#pragma unroll
    for (int j = 0; j < VECTOR; j++) sum[j] += v[j];
  }
  element* target = dTable + (offset + t) * columns;
  float v[VECTOR];
  load_row(v, target, c, columns, wide);
#pragma unroll
  for (int j = 0; j < VECTOR; j++) v[j] += sum[j];
  store_row(target, c, columns, wide, v);
}

// ---- norm
// A row is held in registers by a warp (norm_..._warp) or a block (norm_..._block): thread i has its vectors i,
// i + threads, ... of at most 32 elements in all forward; backward, where the gradients of their weights and biases
// are in registers as well, 24 in bf16 and 16 in f32.
constexpr int FORWARD_CHUNKS = 32 / VECTOR, BACKWARD_CHUNKS = ELEMENT_BF16 ? 3 : 4;
template <bool IsBlock>
__device__ __forceinline__ float row_sum(float v) {
  if constexpr (IsBlock) {
    return block_sum(v);
  } else {
    return ptx::warp_sum(v);
  }
}

// norm_forward_{warp,block}
//   math    r = x + d (if d), rounded · mu = mean(r) or 0 · rstd = 1 / sqrt(mean((r - mu)^2) + eps)
//           y = (r - mu) * rstd * w + b
//   shapes  y, r, x, d (N, C) · w, b (C) or null · mean, rstd (N) f32; mean null: RMS norm
//   launch  warp: a warp per row, block 256, grid ceil(N / 8) · block: a block per row · shared 0
//   needs   C <= 32 * threads of a row
//   writes  y, mean, rstd, r overwritten; reads x (and d) once, writes y (and r) once
//   source  arXiv:1607.06450, arXiv:1910.07467
struct NormForward {
  element* output;
  float* mean;
  float* rstd;
  element* residual;
  const element* input;
  const element* delta;
  const element* weight;
  const element* bias;
  long long n;
  int columns;
  float eps;
  int wide;
};
template <bool IsBlock>
__device__ __forceinline__ void norm_forward_row(const NormForward& p, long long n, int thread, int threads) {
  float x[FORWARD_CHUNKS][VECTOR];
  float sum = 0.f;
#pragma unroll
  for (int k = 0; k < FORWARD_CHUNKS; k++) {
    const int c = (k * threads + thread) * VECTOR;
    if (c < p.columns) {
      load_row(x[k], p.input + n * p.columns, c, p.columns, p.wide);
      if (p.delta) {
        float d[VECTOR];
        load_row(d, p.delta + n * p.columns, c, p.columns, p.wide);
#pragma unroll
        for (int j = 0; j < VECTOR; j++) x[k][j] = rounded(x[k][j] + d[j]);
        store_row(p.residual + n * p.columns, c, p.columns, p.wide, x[k]);
      }
#pragma unroll
      for (int j = 0; j < VECTOR; j++) sum += x[k][j];
    }
  }
  const float mean = p.mean ? row_sum<IsBlock>(sum) / static_cast<float>(p.columns) : 0.f;
  float squares = 0.f;
#pragma unroll
  for (int k = 0; k < FORWARD_CHUNKS; k++) {
    const int c = (k * threads + thread) * VECTOR;
    if (c < p.columns) {
#pragma unroll
      for (int j = 0; j < VECTOR; j++) {
        x[k][j] = c + j < p.columns ? x[k][j] - mean : 0.f;
        squares += x[k][j] * x[k][j];
      }
    }
  }
  const float rstd = 1.f / sqrtf(row_sum<IsBlock>(squares) / static_cast<float>(p.columns) + p.eps);
  if (thread == 0) {
    if (p.mean) p.mean[n] = mean;
    p.rstd[n] = rstd;
  }
#pragma unroll
  for (int k = 0; k < FORWARD_CHUNKS; k++) {
    const int c = (k * threads + thread) * VECTOR;
    if (c < p.columns) {
#pragma unroll
      for (int j = 0; j < VECTOR; j++) x[k][j] *= rstd;
      float v[VECTOR];
      if (p.weight) {
        load_row(v, p.weight, c, p.columns, p.wide);
#pragma unroll
        for (int j = 0; j < VECTOR; j++) x[k][j] *= v[j];
      }
      if (p.bias) {
        load_row(v, p.bias, c, p.columns, p.wide);
#pragma unroll
        for (int j = 0; j < VECTOR; j++) x[k][j] += v[j];
      }
      store_row(p.output + n * p.columns, c, p.columns, p.wide, x[k]);
    }
  }
}
KERNEL(norm_forward_warp, 256, (NormForward p)) {
  const long long n = static_cast<long long>(blockIdx.x) * 8 + warp_index();
  if (n < p.n) norm_forward_row<false>(p, n, lane_index(), 32);
}
KERNEL(norm_forward_block, 512, (NormForward p)) {
  norm_forward_row<true>(p, blockIdx.x, static_cast<int>(threadIdx.x), static_cast<int>(blockDim.x));
}

// norm_backward_{warp,block}
//   math    g = dy * w · xn = (x - mean) * rstd · dx (+)= rstd * (g - mean(g) - xn * mean(g * xn)), mean(g) = 0 for RMS
//           partial[block] = sums over the block's rows of dy * xn and of dy
//   shapes  dx, dy, x (N, C) · w (C) or null · mean (or null), rstd (N) f32 · partial (blocks, 2, C) f32
//   launch  warp: rows 8 blockIdx.x + warp, + 8 gridDim.x, ... · block 256 · shared 2 C f32
//           block: rows blockIdx.x, + gridDim.x, ... · block up to 512 · shared 0
//   needs   C <= BACKWARD_CHUNKS * VECTOR * threads of a row
//   writes  dx overwritten or accumulated (may be dy's place); reads dy, x once; partial sums stay in registers
struct NormBackward {
  element* dInput;
  float* partial;
  const element* dOutput;
  const element* input;
  const float* mean;
  const float* rstd;
  const element* weight;
  long long n;
  int columns, accumulate, wide;
};
template <bool IsBlock>
__device__ __forceinline__ void norm_backward_row(const NormBackward& p, long long n, int thread, int threads,
                                                  float (&dWeight)[BACKWARD_CHUNKS][VECTOR],
                                                  float (&dBias)[BACKWARD_CHUNKS][VECTOR]) {
  const float mean = p.mean ? p.mean[n] : 0.f, rstd = p.rstd[n];
  uint4 dy[BACKWARD_CHUNKS], x[BACKWARD_CHUNKS];  // as bits: half the registers in bf16
#pragma unroll
  for (int k = 0; k < BACKWARD_CHUNKS; k++) {
    const int c = (k * threads + thread) * VECTOR;
    if (c < p.columns) {
      dy[k] = load_row(p.dOutput + n * p.columns, c, p.columns, p.wide);
      x[k] = load_row(p.input + n * p.columns, c, p.columns, p.wide);
    }
  }
  float sum = 0.f, product = 0.f;
#pragma unroll
  for (int k = 0; k < BACKWARD_CHUNKS; k++) {
    const int c = (k * threads + thread) * VECTOR;
    if (c < p.columns) {
      float g[VECTOR], normal[VECTOR], w[VECTOR];
      unpack(g, dy[k]);
      unpack(normal, x[k]);
      if (p.weight) load_row(w, p.weight, c, p.columns, p.wide);
#pragma unroll
      for (int j = 0; j < VECTOR; j++) {
        normal[j] = (normal[j] - mean) * rstd;
        dWeight[k][j] += g[j] * normal[j];
        dBias[k][j] += g[j];
        if (p.weight) g[j] *= w[j];
        sum += g[j];
        product += g[j] * normal[j];
      }
    }
  }
  const float scale = 1.f / static_cast<float>(p.columns);
  const float meanOfGradient = p.mean ? row_sum<IsBlock>(sum) * scale : 0.f;
  const float meanOfProduct = row_sum<IsBlock>(product) * scale;
#pragma unroll
  for (int k = 0; k < BACKWARD_CHUNKS; k++) {
    const int c = (k * threads + thread) * VECTOR;
    if (c < p.columns) {
      float g[VECTOR], normal[VECTOR], w[VECTOR];
      unpack(g, dy[k]);
      unpack(normal, x[k]);
      if (p.weight) {
        load_row(w, p.weight, c, p.columns, p.wide);
#pragma unroll
        for (int j = 0; j < VECTOR; j++) g[j] *= w[j];
      }
#pragma unroll
      for (int j = 0; j < VECTOR; j++)
        g[j] = (g[j] - meanOfGradient - (normal[j] - mean) * rstd * meanOfProduct) * rstd;
      element* row = p.dInput + n * p.columns;
      if (p.accumulate) {
        load_row(w, row, c, p.columns, p.wide);
#pragma unroll
        for (int j = 0; j < VECTOR; j++) g[j] += w[j];
      }
      store_row(row, c, p.columns, p.wide, g);
    }
  }
}
KERNEL(norm_backward_warp, 256, (NormBackward p)) {
  DYN_SHARED(float, sums);  // (2, C)
  float dWeight[BACKWARD_CHUNKS][VECTOR] = {}, dBias[BACKWARD_CHUNKS][VECTOR] = {};
  for (long long n = static_cast<long long>(blockIdx.x) * 8 + warp_index(); n < p.n; n += gridDim.x * 8ll)
    norm_backward_row<false>(p, n, lane_index(), 32, dWeight, dBias);
  for (int w = 0; w < 8; w++) {  // the warps one after the other: a fixed order
    if (w == warp_index()) {
#pragma unroll
      for (int k = 0; k < BACKWARD_CHUNKS; k++)
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
          const int c = (k * 32 + lane_index()) * VECTOR + j;
          if (c < p.columns) {
            sums[c] = dWeight[k][j] + (w ? sums[c] : 0.f);
            sums[p.columns + c] = dBias[k][j] + (w ? sums[p.columns + c] : 0.f);
          }
        }
    }
    __syncthreads();
  }
  float* partial = p.partial + static_cast<long long>(blockIdx.x) * 2 * p.columns;
  for (int c = static_cast<int>(threadIdx.x); c < 2 * p.columns; c += 256) partial[c] = sums[c];
}
KERNEL(norm_backward_block, 512, (NormBackward p)) {
  float dWeight[BACKWARD_CHUNKS][VECTOR] = {}, dBias[BACKWARD_CHUNKS][VECTOR] = {};
  for (long long n = blockIdx.x; n < p.n; n += gridDim.x)
    norm_backward_row<true>(p, n, static_cast<int>(threadIdx.x), static_cast<int>(blockDim.x), dWeight, dBias);
  float* partial = p.partial + static_cast<long long>(blockIdx.x) * 2 * p.columns;
#pragma unroll
  for (int k = 0; k < BACKWARD_CHUNKS; k++)
#pragma unroll
    for (int j = 0; j < VECTOR; j++) {
      const int c = (k * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)) * VECTOR + j;
      if (c < p.columns) {
        partial[c] = dWeight[k][j];
        partial[p.columns + c] = dBias[k][j];
      }
    }
}

// norm_backward_sum
//   math    dw (+)= sum over blocks of partial[., 0], db (+)= of partial[., 1]
//   shapes  dw, db (C) or null · partial (blocks, 2, C) f32
//   launch  32 columns a block, 8 threads of a column each every eighth block · block 256 · grid (ceil(C / 32), 2)
//   writes  dw, db overwritten or accumulated
KERNEL(norm_backward_sum, 256, (element* dWeight, element* dBias, const float* partial, int blocks, int columns,
                                int accumulate)) {
  SHARED(float, sums, [8][32]);
  const int c = static_cast<int>(blockIdx.x) * 32 + lane_index();
  element* output = blockIdx.y == 0 ? dWeight : dBias;
  float sum = 0.f;
  if (output && c < columns)
    for (int b = warp_index(); b < blocks; b += 8) sum += partial[(b * 2ll + blockIdx.y) * columns + c];
  sums[warp_index()][lane_index()] = sum;
  __syncthreads();
  if (warp_index() == 0 && output && c < columns) {
#pragma unroll
    for (int w = 1; w < 8; w++) sum += sums[w][lane_index()];
    store_f(output + c, accumulate ? load_f(output + c) + sum : sum);
  }
}

// ---- activation
// activation_forward, activation_backward
//   math    y[i] = act(x[i]) · dx[i] = dy[i] * act'(x[i])
//   shapes  all (n)
//   launch  grid-stride · block 256 · shared 0
//   writes  y, dx overwritten (dx may be dy's place); reads each operand once
KERNEL(activation_forward, 256, (element* output, const element* input, int activation, long long n, int wide)) {
  with_activation(activation, [=](auto act) {
    map(output, input, n, wide, [](float x) { return decltype(act)::value(x); });
  });
}
KERNEL(activation_backward, 256, (element* dInput, const element* dOutput, const element* input, int activation,
                                  long long n, int wide)) {
  with_activation(activation, [=](auto act) {
    map(dInput, dOutput, input, n, wide, [](float dy, float x) { return dy * decltype(act)::slope(x); });
  });
}

// gated_forward, gated_backward
//   math    y = act(g) * u · dg = dy * u * act'(g), du = dy * act(g)
//   shapes  y, dy (N, F) · rows g | u and dg | du (N, 2F)
//   launch  one block per row and 256 VECTOR columns · block up to 256 · grid N * segments · shared 0
//   writes  y; dg | du overwritten (may be the place of g | u); reads each operand once
//   source  arXiv:2002.05202
KERNEL(gated_forward, 256, (element* output, const element* gateUp, int activation, int columns, int segments,
                            int wide)) {
  const long long n = blockIdx.x / segments;
  const int c = static_cast<int>(blockIdx.x % segments * blockDim.x + threadIdx.x) * VECTOR;
  if (c >= columns) return;
  with_activation(activation, [=](auto act) {
    float g[VECTOR], u[VECTOR];
    load_row(g, gateUp + 2 * n * columns, c, columns, wide);
    load_row(u, gateUp + (2 * n + 1) * columns, c, columns, wide);
#pragma unroll
    for (int j = 0; j < VECTOR; j++) g[j] = decltype(act)::value(g[j]) * u[j];
    store_row(output + n * columns, c, columns, wide, g);
  });
}
KERNEL(gated_backward, 256, (element* dGateUp, const element* dOutput, const element* gateUp, int activation,
                             int columns, int segments, int wide)) {
  const long long n = blockIdx.x / segments;
  const int c = static_cast<int>(blockIdx.x % segments * blockDim.x + threadIdx.x) * VECTOR;
  if (c >= columns) return;
  with_activation(activation, [=](auto act) {
    float g[VECTOR], u[VECTOR], dy[VECTOR];
    load_row(g, gateUp + 2 * n * columns, c, columns, wide);
    load_row(u, gateUp + (2 * n + 1) * columns, c, columns, wide);
    load_row(dy, dOutput + n * columns, c, columns, wide);
#pragma unroll
    for (int j = 0; j < VECTOR; j++) {
      u[j] = dy[j] * u[j] * decltype(act)::slope(g[j]);
      g[j] = dy[j] * decltype(act)::value(g[j]);
    }
    store_row(dGateUp + 2 * n * columns, c, columns, wide, u);
    store_row(dGateUp + (2 * n + 1) * columns, c, columns, wide, g);
  });
}

// ---- loss
constexpr int IGNORED = -100;
constexpr float LOWEST = -3.402823466e38f;

// cross_entropy
//   math    loss = ln sum_v exp(z[v]) - z[target] over v < V · dz[v] = scale * (softmax(z)[v] - [v = target]), 0 from V on
//   shapes  z (N, Vp), dz in its place · loss (N) f32 · targets (N), IGNORED: loss and dz are 0
//   launch  one block per row, rows in reverse · block up to 1024 · grid N · shared 0
//   writes  loss overwritten; z overwritten by dz if gradient; reads and writes z once from memory: the second pass walks
//           back over what the first one left in the caches
struct CrossEntropy {
  float* losses;
  element* logits;
  const int* targets;
  int columns, vocabulary;
  float scale;
  int gradient;
};
struct Online {  // sum of exp(z - most)
  float most, sum;
};
__device__ __forceinline__ void join(Online& a, float most, float sum) {
  const float top = fmaxf(a.most, most);
  a.sum = a.sum * exponential(a.most - top) + sum * exponential(most - top);
  a.most = top;
}
KERNEL(cross_entropy, 1024, (CrossEntropy p)) {
  // The rows written last by the product before are read first.
  const long long n = gridDim.x - 1 - blockIdx.x;
  element* z = p.logits + n * p.columns;
  const int target = p.targets[n], thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  if (target == IGNORED) {
    if (thread == 0) p.losses[n] = 0.f;
    if (p.gradient)
      for (int v = thread; v < p.columns; v += threads) store_f(z + v, 0.f);
    return;
  }

  // head: up to the first 16-byte boundary; then vectors; then the rest
  const int skew = static_cast<int>(reinterpret_cast<unsigned long long>(z) & 15) / static_cast<int>(sizeof(element));
  const int toBoundary = skew ? VECTOR - skew : 0;
  const int head = toBoundary < p.vocabulary ? toBoundary : p.vocabulary;
  const int vectors = (p.vocabulary - head) / VECTOR, tail = head + vectors * VECTOR;
  Online own = {LOWEST, 0.f};
  if (thread < head) {
    const float logit = load_f(z + thread);
    own.most = fmaxf(logit, LOWEST);
    own.sum = exponential(logit - own.most);
  }
  for (int i = thread; i < vectors; i += threads) {
    float v[VECTOR];
    unpack(v, ptx::ld128<uint4>(z + head + i * VECTOR));
    float most = own.most;
#pragma unroll
    for (int j = 0; j < VECTOR; j++) most = fmaxf(most, v[j]);
    if (most > own.most) {
      own.sum *= exponential(own.most - most);
      own.most = most;
    }
#pragma unroll
    for (int j = 0; j < VECTOR; j++) own.sum += exponential(v[j] - own.most);
  }
  if (tail + thread < p.vocabulary) {
    const float last = load_f(z + tail + thread), most = fmaxf(last, LOWEST);
    join(own, most, exponential(last - most));
  }
  const float targetLogit = load_f(z + target);
  const float most = block_max(own.most);
  const float sum = block_sum(own.sum * exponential(own.most - most));
  if (thread == 0) p.losses[n] = logf(sum) + (most - targetLogit);
  if (!p.gradient) return;
  const float factor = p.scale / sum;
  auto slope = [=](float logit, int v) {
    const float g = factor * exponential(logit - most);
    return v == target ? g - p.scale : g;
  };
  if (tail + thread < p.vocabulary) store_f(z + tail + thread, slope(load_f(z + tail + thread), tail + thread));
  const int rounds = (vectors + threads - 1) / threads;
  for (int i = (rounds - 1) * threads + thread; i >= 0; i -= threads) {
    if (i >= vectors) continue;
    float v[VECTOR];
    const int first = head + i * VECTOR;
    unpack(v, ptx::ld128<uint4>(z + first));
#pragma unroll
    for (int j = 0; j < VECTOR; j++) v[j] = slope(v[j], first + j);
    ptx::st128(z + first, pack(v));
  }
  if (thread < head) store_f(z + thread, slope(load_f(z + thread), thread));
  for (int v = p.vocabulary + thread; v < p.columns; v += threads) store_f(z + v, 0.f);
}

// distillation
//   math    with p, q = softmax over v < shared of teacher / tau and z / tau: loss as cross_entropy over v < V,
//           divergence = tau^2 sum p (ln p - ln q), dz = hard (softmax(z) - onehot) + soft (q - p)
//   shapes  z (N, Vp), dz in its place · teacher (N, Vt) · loss, divergence (N) f32 · targets (N), IGNORED: all 0
//   launch  one block per row · block 256 · grid N · shared 0
//   writes  loss, divergence, z overwritten; three passes, the sums in f64
//   source  arXiv:1503.02531
struct Distillation {
  float* losses;
  float* divergences;
  element* logits;
  const element* teacher;
  const int* targets;
  int columns, teacherColumns, vocabulary, shared;
  float temperature, inverse, hard, soft;
};
KERNEL(distillation, 256, (Distillation p)) {
  const long long n = blockIdx.x;
  element* z = p.logits + n * p.columns;
  const element* t = p.teacher + n * p.teacherColumns;
  const int target = p.targets[n], thread = static_cast<int>(threadIdx.x);
  if (target == IGNORED) {
    if (thread == 0) p.losses[n] = p.divergences[n] = 0.f;
    for (int v = thread; v < p.columns; v += 256) store_f(z + v, 0.f);
    return;
  }
  float largest = LOWEST, student = LOWEST, most = LOWEST;
  for (int v = thread; v < p.vocabulary; v += 256) largest = fmaxf(largest, load_f(z + v));
  for (int v = thread; v < p.shared; v += 256) {
    student = fmaxf(student, load_f(z + v));
    most = fmaxf(most, load_f(t + v));
  }
  largest = block_max(largest);
  student = block_max(student);
  most = block_max(most);
  double sum = 0, ours = 0, theirs = 0, cross = 0;
  for (int v = thread; v < p.vocabulary; v += 256) sum += expf(load_f(z + v) - largest);
  for (int v = thread; v < p.shared; v += 256) {
    const float a = load_f(z + v) - student, b = load_f(t + v) - most, e = expf(b * p.inverse);
    ours += expf(a * p.inverse);
    theirs += e;
    if (e > 0.f) cross += static_cast<double>(e * p.inverse) * (b - a);
  }
  sum = block_sum(sum);
  ours = block_sum(ours);
  theirs = block_sum(theirs);
  cross = block_sum(cross);
  if (thread == 0) {
    p.losses[n] = static_cast<float>(log(sum) + (static_cast<double>(largest) - load_f(z + target)));
    p.divergences[n] = static_cast<float>(static_cast<double>(p.temperature) * p.temperature *
                                          (cross / theirs + (log(ours) - log(theirs))));
  }
  __syncthreads();  // z[target] has been read
  const float hard = static_cast<float>(p.hard / sum);
  const float ourShare = static_cast<float>(1 / ours), theirShare = static_cast<float>(1 / theirs);
  for (int v = thread; v < p.columns; v += 256) {
    float g = 0.f;
    if (v < p.vocabulary) {
      const float logit = load_f(z + v);
      g = hard * expf(logit - largest) - (v == target ? p.hard : 0.f);
      if (v < p.shared) {  // products rounded apart: equal logits give exactly 0
        const float q = __fmul_rn(expf((logit - student) * p.inverse), ourShare);
        const float w = __fmul_rn(expf((load_f(t + v) - most) * p.inverse), theirShare);
        g += p.soft * (q - w);
      }
    }
    store_f(z + v, g);
  }
}

// sum_partial, sum_final
//   math    partial[b] = sum of x (or x^2) over block b's elements, in f64 · s (+)= scale * sum of partial
//   shapes  x (n) · partial (blocks) f64 · s (1) f32
//   launch  partial: grid-stride over vectors · block 256 · grid a function of n alone; final: block 256 · grid 1
//   writes  partial, s; reads x once
KERNEL(sum_partial, 256, (double* partial, const element* input, long long n, int squares, int wide)) {
  double sum = 0;
  const long long vectors = wide ? n / VECTOR : 0;
#pragma unroll 1
  for (long long i = grid_index(); i < vectors; i += grid_threads()) {
    float v[VECTOR];
    unpack(v, ptx::ld128<uint4>(input + i * VECTOR));
#pragma unroll
    for (int j = 0; j < VECTOR; j++) sum += squares ? static_cast<double>(v[j]) * v[j] : static_cast<double>(v[j]);
  }
#pragma unroll 1
  for (long long i = vectors * VECTOR + grid_index(); i < n; i += grid_threads()) {
    const double v = load_f(input + i);
    sum += squares ? v * v : v;
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}
__device__ __forceinline__ double total_of(const double* partial, int blocks) {
  double sum = 0;
  for (int b = static_cast<int>(threadIdx.x); b < blocks; b += 256) sum += partial[b];
  return block_sum(sum);
}
KERNEL(sum_final, 256, (float* sum, const double* partial, int blocks, float scale, int accumulate)) {
  const double total = scale * total_of(partial, blocks);
  if (threadIdx.x == 0) *sum = static_cast<float>(accumulate ? *sum + total : total);
}

// ---- optimizer
// gradient_norm
//   math    norm[0] = sqrt(sum of partial) · norm[1] = min(1, maxNorm / (norm[0] + 1e-6)), 1 without a maxNorm
//   shapes  norm (2) f32 · partial (blocks) f64, of sum_partial with squares
//   launch  block 256 · grid 1
//   writes  norm; a NaN stays one in both
KERNEL(gradient_norm, 256, (float* norm, const double* partial, int blocks, float maxNorm)) {
  const double value = sqrt(total_of(partial, blocks));
  if (threadIdx.x == 0) {
    norm[0] = static_cast<float>(value);
    const double clip = maxNorm / (value + 1e-6);
    norm[1] = maxNorm > 0.f ? static_cast<float>(clip > 1 ? 1 : clip) : 1.f;
  }
}

// adamw, adamw_stochastic
//   math    g' = norm[1] g · m = b1 m + (1 - b1) g' · v = b2 v + (1 - b2) g'^2
//           w = decay w - step m / (sqrt(v) root + eps), step = lr / (1 - b1^t), root = 1 / sqrt(1 - b2^t)
//   shapes  w (n) f32, or bf16 (stochastic) · m, v (n) f32 · g (n) elements · copy (n) bf16 or null
//   launch  grid-stride, 8 elements a thread · block 256 · shared 0
//   writes  w, m, v updated; copy = w rounded to nearest; 30 bytes an element with bf16 gradient and copy
//   source  arXiv:1711.05101; stochastic rounding: w is rounded up with the probability of its remainder, by 16 bits of
//           Philox block (first + i) / 8 of (seed, t)
struct AdamW {
  float* firstMoment;
  float* secondMoment;
  const element* gradient;
  const float* norm;
  bf16* copy;
  long long n;
  float decay, beta1, oneMinusBeta1, beta2, oneMinusBeta2, eps, stepSize, root;
  unsigned long long seed, step, first;
  int wide;
};
__device__ __forceinline__ float adamw_element(const AdamW& p, float clip, float w, float& m, float& v, float g) {
  g *= clip;
  m = p.beta1 * m + p.oneMinusBeta1 * g;
  v = p.beta2 * v + p.oneMinusBeta2 * (g * g);
  return p.decay * w - p.stepSize * (m / (sqrtf(v) * p.root + p.eps));
}
// The upper half after adding 16 random bits to the lower one; infinities and NaN as they are.
__device__ __forceinline__ bf16 stochastic(float v, unsigned random) {
  const unsigned bits = __float_as_uint(v);
  bf16 h;
  h.v = (bits & 0x7f800000u) == 0x7f800000u ? quiet(v).v : static_cast<unsigned short>((bits + random) >> 16);
  return h;
}
__device__ __forceinline__ unsigned random16(const uint4& bits, int which) {
  const unsigned word = which < 4 ? (which < 2 ? bits.x : bits.y) : (which < 6 ? bits.z : bits.w);
  return which & 1 ? word >> 16 : word & 0xffffu;
}
__device__ __forceinline__ void put_weight(float* p, const float (&w)[8], const AdamW&, long long) { store8(p, w); }
__device__ __forceinline__ void put_weight(bf16* p, const float (&w)[8], const AdamW& a, long long i) {
  const uint4 bits = philox((a.first + i) / 8, a.step, a.seed);  // first is a multiple of 8 here
  unsigned u[4];
#pragma unroll
  for (int j = 0; j < 4; j++)
    u[j] = stochastic(w[2 * j], random16(bits, 2 * j)).v |
           static_cast<unsigned>(stochastic(w[2 * j + 1], random16(bits, 2 * j + 1)).v) << 16;
  ptx::st128(p, make_uint4(u[0], u[1], u[2], u[3]));
}
__device__ __forceinline__ void put_weight(float* p, float w, const AdamW&, long long) { *p = w; }
__device__ __forceinline__ void put_weight(bf16* p, float w, const AdamW& a, long long i) {
  const unsigned long long at = a.first + i;
  *p = stochastic(w, random16(philox(at / 8, a.step, a.seed), static_cast<int>(at & 7)));
}
template <class TWeight>
__device__ __forceinline__ void adamw_all(TWeight* weight, const AdamW& p) {
  const float clip = p.norm[1];
  const long long vectors = p.wide ? p.n / 8 : 0;
  for (long long k = grid_index(); k < vectors; k += grid_threads()) {
    const long long i = k * 8;
    float w[8], m[8], v[8], g[8];
    load8(g, p.gradient + i);
    load8(m, p.firstMoment + i);
    load8(v, p.secondMoment + i);
    load8(w, weight + i);
#pragma unroll
    for (int j = 0; j < 8; j++) w[j] = adamw_element(p, clip, w[j], m[j], v[j], g[j]);
    store8(p.firstMoment + i, m);
    store8(p.secondMoment + i, v);
    put_weight(weight + i, w, p, i);
    if (p.copy) store8(p.copy + i, w);
  }
  for (long long i = vectors * 8 + grid_index(); i < p.n; i += grid_threads()) {
    float m = p.firstMoment[i], v = p.secondMoment[i];
    const float w = adamw_element(p, clip, load_f(weight + i), m, v, load_f(p.gradient + i));
    p.firstMoment[i] = m;
    p.secondMoment[i] = v;
    put_weight(weight + i, w, p, i);
    if (p.copy) p.copy[i] = to_bf16(w);
  }
}
KERNEL(adamw, 256, (float* weight, AdamW p)) { adamw_all(weight, p); }
KERNEL(adamw_stochastic, 256, (bf16* weight, AdamW p)) { adamw_all(weight, p); }

// ---- statistics
// Up to 16 levels; counts[level] = the smallest k whose first k shares reach the level of their total, within 1e-12 of
// it; 0 if a share is not finite. One thread, so that the order of the sums is that of the shares.
struct Levels {
  double values[16];
  int count;
};
__device__ __forceinline__ void count_shares(int* counts, const double* shares, int n, const Levels& levels) {
  double total = 0;
  for (int i = 0; i < n; i++) total += shares[i];
  const bool isFinite = total - total == 0;
  for (int level = 0; level < levels.count; level++) {
    const double needed = (levels.values[level] - 1e-12) * total;
    double sum = 0;
    int k = 0;
    do {
      sum += shares[k++];
    } while (sum < needed && k < n);
    counts[level] = isFinite ? k : 0;
  }
}
__device__ __forceinline__ double column_square(const float* matrix, int n, int column) {
  double sum = 0;
  for (int i = 0; i < n; i++) {
    const double value = matrix[static_cast<long long>(i) * n + column];
    sum += value * value;
  }
  return sum;
}

// matrix_gram, matrix_tridiagonal, matrix_rank
//   math    counts of the squared singular values: eigenvalues of A^T A in f64, by Householder tridiagonalisation and
//           bisection with Sturm counts (each thread its own eigenvalues; absolute accuracy about T 2^-53 of the trace)
//   shapes  A (M, T, T) f32 · counts (M, levels) · scratch (M, T T + 2 T), diagonals (M, 2, T), values (M, T) f64
//   launch  gram: a thread per element, grid (ceil(T T / 256), M) · tridiagonal, rank: a block per matrix · block 256
//   writes  scratch, diagonals, values; counts overwritten
//   source  Golub and Van Loan, Matrix Computations, 8.3 and 8.4
KERNEL(matrix_gram, 256, (double* scratch, const float* matrices, int n)) {
  const long long at = grid_index();
  const int i = static_cast<int>(at / n), j = static_cast<int>(at % n);
  if (i >= n || j < i) return;
  const float* matrix = matrices + static_cast<long long>(blockIdx.y) * n * n;
  double* g = scratch + blockIdx.y * (static_cast<long long>(n) * n + 2ll * n);
  double sum = 0;
  for (int r = 0; r < n; r++) {
    sum += static_cast<double>(matrix[i]) * matrix[j];
    matrix += n;
  }
  g[static_cast<long long>(i) * n + j] = sum;
  g[static_cast<long long>(j) * n + i] = sum;
}
// Reflections H A H until only diagonal and off-diagonal are left; A is destroyed.
__device__ __forceinline__ void tridiagonalise(double* diagonal, double* off, double* a, int n, double* v, double* q) {
  SHARED(double, scalars, [2]);
  const int thread = static_cast<int>(threadIdx.x);
  for (int k = 0; k < n; k++) {
    const int rest = n - k - 1;
    double* row = a + static_cast<long long>(k) * n + k + 1;
    double part = 0;
    for (int i = 1 + thread; i < rest; i += 256) part += row[i] * row[i];
    const double tail = block_sum(part);
    const double head = rest > 0 ? row[0] : 0;
    if (thread == 0) diagonal[k] = row[-1];
    if (tail == 0) {
      if (thread == 0) off[k] = head;
      __syncthreads();
      continue;
    }
    if (thread == 0) {
      const double size = sqrt(head * head + tail), alpha = head < 0 ? size : -size;
      off[k] = alpha;
      scalars[0] = head - alpha;
      scalars[1] = 2 / ((head - alpha) * (head - alpha) + tail);
    }
    __syncthreads();
    const double v0 = scalars[0], beta = scalars[1];
    for (int i = thread; i < rest; i += 256) v[i] = i == 0 ? v0 : row[i];
    __syncthreads();
    double dot = 0;
    for (int i = thread; i < rest; i += 256) {
      // A is symmetric: column i instead of row i, so that neighbours read neighbours
      const double* column = a + static_cast<long long>(k + 1) * n + k + 1 + i;
      double sum = 0;
      for (int j = 0; j < rest; j++) sum += column[static_cast<long long>(j) * n] * v[j];
      q[i] = beta * sum;
      dot += q[i] * v[i];
    }
    const double half = 0.5 * beta * block_sum(dot);
    for (int i = thread; i < rest; i += 256) q[i] -= half * v[i];
    __syncthreads();
    for (int j = 0; j < rest; j++) {
      double* target = a + static_cast<long long>(k + 1 + j) * n + k + 1;
      const double vj = v[j], qj = q[j];
      for (int i = thread; i < rest; i += 256) target[i] -= vj * q[i] + qj * v[i];
    }
    __syncthreads();
  }
}
KERNEL(matrix_tridiagonal, 256, (double* diagonals, double* scratch, int n)) {
  double* a = scratch + blockIdx.x * (static_cast<long long>(n) * n + 2ll * n);
  double *v = a + static_cast<long long>(n) * n, *diagonal = diagonals + blockIdx.x * 2ll * n;
  tridiagonalise(diagonal, diagonal + n, a, n, v, v + n);
}
// Eigenvalues below x of the tridiagonal matrix.
__device__ __forceinline__ int sturm_count(const double* diagonal, const double* off, int n, double x, double tiny) {
  int count = 0;
  double q = 1;
  for (int i = 0; i < n; i++) {
    const double e = i ? off[i - 1] : 0;
    q = diagonal[i] - x - e * e / q;
    if (fabs(q) < tiny) q = -tiny;
    count += q < 0 ? 1 : 0;
  }
  return count;
}
KERNEL(matrix_rank, 256, (int* counts, double* values, const double* diagonals, int n, Levels levels)) {
  const int thread = static_cast<int>(threadIdx.x);
  const double *diagonal = diagonals + blockIdx.x * 2ll * n, *off = diagonal + n;
  values += static_cast<long long>(blockIdx.x) * n;
  double part = 0;
  for (int k = thread; k < n; k += 256) part += diagonal[k];
  const double trace = block_sum(part);
  for (int k = thread; k < n; k += 256) {
    double low = 0, high = trace * (1 + 1e-12);
    for (int step = 0; step < 60; step++) {
      const double middle = 0.5 * (low + high);
      // values[k] is the (k + 1)th largest: n - 1 - k are below it
      if (sturm_count(diagonal, off, n, middle, trace * 1e-60 + 1e-300) > n - 1 - k)
        high = middle;
      else
        low = middle;
    }
    values[k] = 0.5 * (low + high);
  }
  __syncthreads();
  if (thread == 0) count_shares(counts + static_cast<long long>(blockIdx.x) * levels.count, values, n, levels);
}

// matrix_mass
//   math    counts of the squared column norms, in descending or natural order, in f64
//   shapes  A (M, T, T) f32 · counts (M, levels) · scratch (blocks, 2 T) f64
//   launch  one block per matrix, matrices blockIdx.x, + gridDim.x, ... · block 256 · shared 0
//   writes  counts overwritten
KERNEL(matrix_mass, 256, (int* counts, const float* matrices, double* scratch, long long m, int n, int sorted,
                          Levels levels)) {
  double* squares = scratch + blockIdx.x * 2ll * n;
  double* shares = squares + n;
  for (long long i = blockIdx.x; i < m; i += gridDim.x) {
    for (int j = static_cast<int>(threadIdx.x); j < n; j += 256) {
      squares[j] = column_square(matrices + i * n * n, n, j);
      shares[j] = squares[j];
    }
    __syncthreads();
    if (sorted) {
      for (int j = static_cast<int>(threadIdx.x); j < n; j += 256) shares[j] = 0;
      __syncthreads();
      for (int j = static_cast<int>(threadIdx.x); j < n; j += 256) {
        const double own = squares[j];
        int place = 0;  // a NaN counts as larger than any number, so that each has a place of its own
        for (int k = 0; k < n; k++) {
          const double other = squares[k];
          const bool isSame = other == own || (other != other && own != own);
          place += isSame ? k < j : own == own && !(other <= own);
        }
        shares[place] = own;
      }
      __syncthreads();
    }
    if (threadIdx.x == 0) count_shares(counts + i * levels.count, shares, n, levels);
    __syncthreads();
  }
}

// matrix_sink
//   math    share = mean over rows of A[p,0] · mass = share of column 0 in |A|_F^2 · entropy = mean of -sum A ln A
//   shapes  A (M, T, T) f32 · statistics (M, 3) f32
//   launch  one block per matrix · block 256 · grid M · shared 0
//   writes  statistics overwritten; sums in f64
KERNEL(matrix_sink, 256, (float* statistics, const float* matrices, int n)) {
  const float* matrix = matrices + static_cast<long long>(blockIdx.x) * n * n;
  double share = 0, sink = 0, total = 0, entropy = 0;
  for (int i = static_cast<int>(threadIdx.x); i < n; i += 256) {
    const double value = matrix[static_cast<long long>(i) * n];
    share += value;
    sink += value * value;
  }
  for (long long i = threadIdx.x; i < static_cast<long long>(n) * n; i += 256) {
    const double value = matrix[i];
    total += value * value;
    if (value != 0) entropy -= value * log(value);
  }
  share = block_sum(share);
  sink = block_sum(sink);
  total = block_sum(total);
  entropy = block_sum(entropy);
  if (threadIdx.x == 0) {
    float* result = statistics + static_cast<long long>(blockIdx.x) * 3;
    result[0] = static_cast<float>(share / n);
    result[1] = static_cast<float>(total == 0 ? 0 : sink / total);
    result[2] = static_cast<float>(entropy / n);
  }
}

}  // namespace rows

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
  int activation;  // number of Activation
  int accumulate;  // add to the output
};

namespace gemm {
constexpr int FORWARD = 0, INPUT_GRADIENT = 1, WEIGHT_GRADIENT = 2;
constexpr int LANES = 16 / static_cast<int>(sizeof(element));  // elements of a 16-byte access
constexpr int RASTER_ROWS = 8;                                 // tile rows whose operands share the second-level cache

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
    with_activation(p.activation, [&](auto act) {
#pragma unroll
      for (int i = 0; i < LANES; i++) v[i] = decltype(act)::value(v[i]);
    });
  }
  if (FORM == INPUT_GRADIENT && p.activation) {
    load_lanes<ALIGNED>(t, p.pre + at, count);
    with_activation(p.activation, [&](auto act) {
#pragma unroll
      for (int i = 0; i < LANES; i++) v[i] *= decltype(act)::slope(t[i]);
    });
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
    // Registers are indexed by constants only, but the finish is not repeated for every slice: it is long.
#pragma unroll 1
    for (int slice = 0; slice < MI; slice++) {
      __syncwarp();
      float* at = sums + (lane >> 2) * PAD + (lane & 3) * 2;
#pragma unroll
      for (int i = 0; i < MI; i++)
        if (i == slice) {
#pragma unroll
          for (int j = 0; j < NJ; j++) {
            *reinterpret_cast<float2*>(at + j * 8) = make_float2(acc[i][j][0], acc[i][j][1]);
            *reinterpret_cast<float2*>(at + j * 8 + 8 * PAD) = make_float2(acc[i][j][2], acc[i][j][3]);
          }
        }
      __syncwarp();
#pragma unroll 1
      for (int r = lane / (WN / 8); r < 16; r += 32 / (WN / 8)) {
        int row = wm + slice * 16 + r;
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
    // Registers are indexed by constants only, but the finish is not repeated for every slice: it is long.
#pragma unroll 1
    for (int slice = 0; slice < BN / SLICE; slice++) {
      __syncwarp();
      float* at = sums + (lane >> 2) * PAD + (lane & 3) * 2;
#pragma unroll
      for (int i = 0; i < BN / 2; i += 4)
        if (i / (SLICE / 2) == slice) {
          const int j = i % (SLICE / 2) * 2;
          *reinterpret_cast<float2*>(at + j) = make_float2(acc[i], acc[i + 1]);
          *reinterpret_cast<float2*>(at + 8 * PAD + j) = make_float2(acc[i + 2], acc[i + 3]);
        }
      __syncwarp();
      int within = (lane & 3) * 8, column = n0 + slice * SLICE + within;
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
#pragma unroll 1
      for (int r = 0; r < G * 4; r++) {  // one finish for all rows; registers are indexed by constants
        int row = m0 + r / 4 * 64 + ty * 4 + r % 4;
        float v[LANES];
#pragma unroll
        for (int i = 0; i < G * 4; i++)
          if (i == r) {
#pragma unroll
            for (int e = 0; e < 4; e++) v[e] = acc[i][h * 4 + e];
          }
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
  float v[LANES] = {}, none[LANES] = {};
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
// qkv is packed: a row of a token holds NH query heads, NKV key heads, NKV value heads of HS elements; query head h reads
// key/value head h / (NH / NKV). Every kernel reads and writes it in place, a row at a time, its pitch apart.
#if PROGRAM == 0 || PROGRAM == 3

namespace attention {
constexpr int HS = HEAD_SIZE;
constexpr int HSP = (HS + 15) / 16 * 16;                         // columns of a tile: whole mma steps, zeros behind HS
constexpr int ROW_BYTES = HS * static_cast<int>(sizeof(element));
constexpr int COPY_BYTES = ROW_BYTES % 16 == 0 ? 16 : ROW_BYTES % 8 == 0 ? 8 : 4;  // the widest copy that fits every row
static_assert(HS >= 1 && HS <= 128, "HEAD_SIZE is 1 to 128");
static_assert(sizeof(element) == 4 || HS % 2 == 0, "HEAD_SIZE is even in bf16: elements are copied and stored in pairs");
__device__ __forceinline__ float minus_infinity() { return __uint_as_float(0xff800000u); }

// Where an element of a tile lies. bf16: rows of whole 128-byte lines are swizzled (chunk ^ row), others are padded by 16
// bytes; either way the eight rows that ldmatrix reads at once fall into different banks. f32: padded by 16 bytes.
#if ELEMENT_BF16
constexpr float LOG2E = 1.4426950408889634f, LN2 = 0.6931471805599453f;
constexpr bool SWIZZLED = HSP % 64 == 0;
constexpr int PITCH = SWIZZLED ? HSP : HSP + 8;
__device__ __forceinline__ int at(int row, int column) {
  int chunk = SWIZZLED ? (column >> 3) ^ (row & 7) : column >> 3;
  return row * PITCH + chunk * 8 + (column & 7);
}
#else
constexpr int PITCH = HSP + 4;
__device__ __forceinline__ int at(int row, int column) { return row * PITCH + column; }
#endif

__device__ __forceinline__ void copy_async(element* target, const element* source, bool inside) {
  if constexpr (COPY_BYTES == 16) ptx::cp_async16(target, source, inside);
  if constexpr (COPY_BYTES == 8) ptx::cp_async8(target, source, inside);
  if constexpr (COPY_BYTES == 4) ptx::cp_async4(target, source, inside);
}

// Starts the copy of ROWS rows of a head from row first < limit on; rows from limit on become 0.
template <int ROWS, int THREADS>
__device__ __forceinline__ void load_rows(element* tile, const element* head, long long pitch, int first, int limit) {
  constexpr int STEP = COPY_BYTES / static_cast<int>(sizeof(element)), COPIES = HS / STEP;
#pragma unroll
  for (int i0 = 0; i0 < ROWS * COPIES; i0 += THREADS) {
    int i = i0 + static_cast<int>(threadIdx.x), r = i / COPIES, column = i % COPIES * STEP;
    bool inside = first + r < limit;
    if (ROWS * COPIES % THREADS == 0 || i < ROWS * COPIES)
      copy_async(tile + at(r, column), head + (first + (inside ? r : 0)) * pitch + column, inside);
  }
}

// Zeros the columns HS .. HSP of a tile; the copies leave them alone.
template <int ROWS, int THREADS>
__device__ __forceinline__ void clear_padding(element* tile) {
  constexpr int COLUMNS = HSP > HS ? HSP - HS : 1;
  if constexpr (HSP > HS)
    for (int i = threadIdx.x; i < ROWS * COLUMNS; i += THREADS)
      store_f(tile + at(i / COLUMNS, HS + i % COLUMNS), 0.f);
}

// Address of a head's first row in packed rows of `heads` heads.
template <class TElement>
__device__ __forceinline__ TElement* head_of(TElement* rows, int sequence, int T, long long pitch, int head) {
  return rows + sequence * (T * pitch) + static_cast<long long>(head) * HS;
}

#if ELEMENT_BF16
// ---- tensor core tiles. An accumulator is [columns / 16][MI][2][4]: MI blocks of 16 rows, 16 columns at a time; a thread
// holds rows lane / 4 (+ 8) and columns 2 (lane % 4) (+ 1) of each 16 x 8 block.
template <int MI>
__device__ __forceinline__ void load_rows_a(unsigned (&a)[MI][4], const bf16* tile, int row, int k) {
  int lane = threadIdx.x & 31;
#pragma unroll
  for (int i = 0; i < MI; i++)
    ptx::ldmatrix_x4(a[i], tile + at(row + i * 16 + (lane & 15), k * 16 + (lane >> 4) * 8));
}
// c (+)= A Bᵀ, A and B given by rows: rows row .. row + 16 MI of a, all of b.
template <int MI, int NB>
__device__ __forceinline__ void multiply_transposed(float (&c)[NB][MI][2][4], const bf16* a, int row, const bf16* b) {
  int lane = threadIdx.x & 31;
#pragma unroll
  for (int k = 0; k < HSP / 16; k++) {
    unsigned fragment[MI][4];
    load_rows_a(fragment, a, row, k);
#pragma unroll
    for (int n = 0; n < NB; n++) {
      unsigned r[4];
      ptx::ldmatrix_x4(r, b + at(n * 16 + (lane & 7) + (lane >> 4) * 8, k * 16 + (lane >> 3 & 1) * 8));
      unsigned pairs[2][2] = {{r[0], r[1]}, {r[2], r[3]}};
      ptx::mma_tile(c[n], fragment, pairs);
    }
  }
}
// o += W B, W from an accumulator of 16 KB columns, rounded to bf16, B given by rows.
template <int MI, int KB>
__device__ __forceinline__ void multiply_add(float (&o)[HSP / 16][MI][2][4], const float (&w)[KB][MI][2][4],
                                             const bf16* b) {
  int lane = threadIdx.x & 31;
#pragma unroll
  for (int k = 0; k < KB; k++) {
    unsigned fragment[MI][4];
#pragma unroll
    for (int i = 0; i < MI; i++)
#pragma unroll
      for (int q = 0; q < 4; q++)
        fragment[i][q] = ptx::pack_bf16x2(w[k][i][q >> 1][(q & 1) * 2], w[k][i][q >> 1][(q & 1) * 2 + 1]);
#pragma unroll
    for (int n = 0; n < HSP / 16; n++) {
      unsigned r[4];
      ptx::ldmatrix_x4_trans(r, b + at(k * 16 + (lane & 15), n * 16 + (lane >> 4) * 8));
      unsigned pairs[2][2] = {{r[0], r[1]}, {r[2], r[3]}};
      ptx::mma_tile(o[n], fragment, pairs);
    }
  }
}
// Turns products q k into what exp2(x · factor − shift) takes: with ALiBi the scaled score and its bias, else the product
// itself; −∞ where the key comes after the query. A scale that is not positive would turn the order that the maximum needs
// around, so it takes the first way. row and column are the thread's first: keys and queries, or the other way round.
template <bool KEYS_ARE_ROWS, int MI, int NB>
__device__ __forceinline__ float finish_scores(float (&x)[NB][MI][2][4], int row, int column, float scale, float slope,
                                               bool has_bias, bool diagonal) {
  int first = KEYS_ARE_ROWS ? row - column : column - row;
  bool is_scaled = has_bias || !(scale > 0.f);
  float distance = static_cast<float>(first);
#pragma unroll
  for (int pass = 0; pass < 2; pass++)
    if (pass == 0 ? is_scaled : diagonal)
#pragma unroll
      for (int n = 0; n < 2 * NB; n++)
#pragma unroll
        for (int i = 0; i < MI; i++)
#pragma unroll
          for (int e = 0; e < 4; e++) {
            int step = (KEYS_ARE_ROWS ? 1 : -1) * (i * 16 + (e >> 1) * 8 - n * 8 - (e & 1));
            float& y = x[n >> 1][i][n & 1][e];
            if (pass == 0) y = fmaf(slope, distance + static_cast<float>(step), y * scale);
            if (pass == 1 && first + step > 0) y = minus_infinity();
          }
  return is_scaled ? 1.f : scale;
}
// Writes factor[i][h] · o to rows first + row .. of a head, those below limit.
template <int MI>
__device__ __forceinline__ void store_rows(bf16* head, long long pitch, int row, int limit,
                                           const float (&o)[HSP / 16][MI][2][4], const float (&factor)[MI][2]) {
  int lane = threadIdx.x & 31;
#pragma unroll
  for (int i = 0; i < MI; i++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int r = row + i * 16 + (lane >> 2) + h * 8;
      if (r < limit) {
        bf16* target = head + r * pitch;
#pragma unroll
        for (int n = 0; n < HSP / 8; n++) {
          int column = n * 8 + (lane & 3) * 2;
          if (HSP == HS || column < HS)
            *reinterpret_cast<unsigned*>(target + column) = ptx::pack_bf16x2(
                o[n >> 1][i][n & 1][h * 2] * factor[i][h], o[n >> 1][i][n & 1][h * 2 + 1] * factor[i][h]);
        }
      }
    }
}

// Sizes of the blocks: warps of 16 MI rows, tiles of 64 or 32 rows of the other side. Two blocks of 16 rows for a warp halve
// what it reads from shared memory; the registers have room for that up to 112 columns, up to 64 in the backward pass with its
// two accumulators.
constexpr int FORWARD_MI = HSP <= 112 ? 2 : 1, FORWARD_WARPS = HSP <= 112 ? 4 : 8, FORWARD_KEYS = FORWARD_MI == 2 && HSP > 64 ? 32 : 64;
constexpr int FORWARD_ROWS = FORWARD_WARPS * FORWARD_MI * 16, FORWARD_THREADS = FORWARD_WARPS * 32;
constexpr int KEYS_MI = HSP <= 64 ? 2 : 1, KEYS_WARPS = HSP <= 64 ? 4 : 8, KEYS_QUERIES = 32;
constexpr int KEYS_ROWS = KEYS_WARPS * KEYS_MI * 16;
constexpr int QUERIES_MI = HSP <= 64 ? 2 : 1, QUERIES_WARPS = HSP <= 64 ? 4 : 8, QUERIES_KEYS = 32;
constexpr int QUERIES_ROWS = QUERIES_WARPS * QUERIES_MI * 16;
#else
// ---- f32 tiles: 256 threads as 16 x 16. Thread (ty, tx) holds rows ty RI + i and columns tx + 16 c.
constexpr int COLUMNS = HSP / 16, STEP = 32, WEIGHTS_PITCH = STEP + 4;
constexpr int FORWARD_RI = 4, FORWARD_THREADS = 256, BACKWARD_RI = HSP <= 64 ? 4 : 2;
constexpr int FORWARD_ROWS = 16 * FORWARD_RI, KEYS_ROWS = 16 * BACKWARD_RI, QUERIES_ROWS = 16 * BACKWARD_RI;

// c = A Bᵀ over all columns, in their order; A has the thread's rows, B is a tile of STEP rows.
template <int RI>
__device__ __forceinline__ void multiply_transposed(float (&c)[RI][2], const float* a, const float* b) {
  int ty = static_cast<int>(threadIdx.x) >> 4, tx = static_cast<int>(threadIdx.x) & 15;
#pragma unroll
  for (int i = 0; i < RI; i++) c[i][0] = c[i][1] = 0.f;
#pragma unroll 2
  for (int d = 0; d < HSP; d += 4) {
    float4 y[2] = {ptx::ld128<float4>(b + at(tx, d)), ptx::ld128<float4>(b + at(tx + 16, d))};
#pragma unroll
    for (int i = 0; i < RI; i++) {
      float4 x = ptx::ld128<float4>(a + at(ty * RI + i, d));
#pragma unroll
      for (int j = 0; j < 2; j++)
        c[i][j] = fmaf(x.w, y[j].w, fmaf(x.z, y[j].z, fmaf(x.y, y[j].y, fmaf(x.x, y[j].x, c[i][j]))));
    }
  }
}
// o += W B; W is [rows][STEP], a pitch of WEIGHTS_PITCH apart, B a tile of STEP rows.
template <int RI>
__device__ __forceinline__ void multiply_add(float (&o)[RI][COLUMNS], const float* w, const float* b) {
  int ty = static_cast<int>(threadIdx.x) >> 4, tx = static_cast<int>(threadIdx.x) & 15;
#pragma unroll 1
  for (int j = 0; j < STEP; j += 4) {
    float x[RI][4];
#pragma unroll
    for (int i = 0; i < RI; i++) {
      float4 v = ptx::ld128<float4>(w + (ty * RI + i) * WEIGHTS_PITCH + j);
      x[i][0] = v.x, x[i][1] = v.y, x[i][2] = v.z, x[i][3] = v.w;
    }
#pragma unroll
    for (int k = 0; k < 4; k++)
#pragma unroll
      for (int c = 0; c < COLUMNS; c++) {
        float y = b[at(j + k, tx + 16 * c)];
#pragma unroll
        for (int i = 0; i < RI; i++) o[i][c] = fmaf(x[i][k], y, o[i][c]);
      }
  }
}
// Puts the thread's two columns of each row where multiply_add reads them; the readers are in the same warp.
template <int RI>
__device__ __forceinline__ void store_weights(float* w, const float (&c)[RI][2]) {
  int ty = static_cast<int>(threadIdx.x) >> 4, tx = static_cast<int>(threadIdx.x) & 15;
#pragma unroll
  for (int i = 0; i < RI; i++)
#pragma unroll
    for (int j = 0; j < 2; j++) w[(ty * RI + i) * WEIGHTS_PITCH + tx + 16 * j] = c[i][j];
}
// Writes factor[i] · o to rows first + ty RI .. of a head, those below limit.
template <int RI>
__device__ __forceinline__ void store_rows(float* head, long long pitch, int first, int limit,
                                           const float (&o)[RI][COLUMNS], const float (&factor)[RI]) {
  int ty = static_cast<int>(threadIdx.x) >> 4, tx = static_cast<int>(threadIdx.x) & 15;
#pragma unroll
  for (int i = 0; i < RI; i++) {
    int r = first + ty * RI + i;
#pragma unroll
    for (int c = 0; c < COLUMNS; c++)
      if (r < limit && (HSP == HS || tx + 16 * c < HS)) head[r * pitch + tx + 16 * c] = o[i][c] * factor[i];
  }
}
#endif
}  // namespace attention

#if ELEMENT_BF16
namespace attention {
// One block of attention_forward: queries q0 .. q0 + FORWARD_ROWS of a head, those below T, against the keys up to T.
// Row p of output, log_sum_exp (or null), q, k and v is position p.
__device__ __forceinline__ void forward_block(element* output, long long output_pitch, float* log_sum_exp, const element* q,
                                             long long q_pitch, const element* k, const element* v, long long kv_pitch,
                                             int q0, int T, const float* slope_of_head, float scale) {
  constexpr int MI = FORWARD_MI, ROWS = FORWARD_ROWS, KEYS = FORWARD_KEYS, THREADS = FORWARD_THREADS;
  DYN_SHARED(bf16, tiles);
  bf16 *q_tile = tiles, *k_tiles = q_tile + ROWS * PITCH, *v_tiles = k_tiles + 2 * KEYS * PITCH;
  int lane = threadIdx.x & 31, row = static_cast<int>(threadIdx.x >> 5) * MI * 16,
      count = (min(q0 + ROWS, T) + KEYS - 1) / KEYS;
  float slope = slope_of_head ? *slope_of_head * LOG2E : 0.f, scale_log2 = scale * LOG2E;

  clear_padding<ROWS + 4 * KEYS, THREADS>(q_tile);
  load_rows<ROWS, THREADS>(q_tile, q, q_pitch, q0, T);
  load_rows<KEYS, THREADS>(k_tiles, k, kv_pitch, 0, T);
  load_rows<KEYS, THREADS>(v_tiles, v, kv_pitch, 0, T);
  ptx::cp_async_commit();
  float o[HSP / 16][MI][2][4] = {}, largest[MI][2], sum[MI][2];
#pragma unroll
  for (int i = 0; i < MI; i++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      largest[i][h] = minus_infinity();
      sum[i][h] = 0.f;
    }
  for (int t = 0; t < count; t++) {
    int buffer = (t & 1) * KEYS * PITCH, k0 = t * KEYS;
    if (t + 1 < count) {
      load_rows<KEYS, THREADS>(k_tiles + KEYS * PITCH - buffer, k, kv_pitch, k0 + KEYS, T);
      load_rows<KEYS, THREADS>(v_tiles + KEYS * PITCH - buffer, v, kv_pitch, k0 + KEYS, T);
    }
    ptx::cp_async_commit();
    ptx::cp_async_wait<1>();
    __syncthreads();
    if (k0 <= q0 + row + MI * 16 - 1 && q0 + row < T) {  // else all keys come after the warp's queries, or it has none
      float s[KEYS / 16][MI][2][4] = {};
      multiply_transposed(s, q_tile, row, k_tiles + buffer);
      float factor = finish_scores<false>(s, q0 + row + (lane >> 2), k0 + (lane & 3) * 2, scale_log2, slope,
                                          slope_of_head != nullptr, k0 + KEYS - 1 > q0 + row);
#pragma unroll
      for (int i = 0; i < MI; i++)
#pragma unroll
        for (int h = 0; h < 2; h++) {
          float m = minus_infinity();
#pragma unroll
          for (int n = 0; n < KEYS / 8; n++)
            m = fmaxf(m, fmaxf(s[n >> 1][i][n & 1][h * 2], s[n >> 1][i][n & 1][h * 2 + 1]));
          m = fmaxf(m, __shfl_xor_sync(0xffffffffu, m, 1));
          m = fmaxf(largest[i][h], fmaxf(m, __shfl_xor_sync(0xffffffffu, m, 2)) * factor);
          float change = ptx::exp2_approx(largest[i][h] - m), part = 0.f;
          largest[i][h] = m;
#pragma unroll
          for (int n = 0; n < KEYS / 8; n++)
#pragma unroll
            for (int e = 0; e < 2; e++) {
              float& x = s[n >> 1][i][n & 1][h * 2 + e];
              x = ptx::exp2_approx(fmaf(x, factor, -m));
              part += x;
            }
          sum[i][h] = sum[i][h] * change + part;
#pragma unroll
          for (int n = 0; n < HSP / 8; n++)
#pragma unroll
            for (int e = 0; e < 2; e++) o[n >> 1][i][n & 1][h * 2 + e] *= change;
        }
      multiply_add(o, s, v_tiles + buffer);
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < MI; i++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      float total = sum[i][h];
      total += __shfl_xor_sync(0xffffffffu, total, 1);
      total += __shfl_xor_sync(0xffffffffu, total, 2);
      int p = q0 + row + i * 16 + (lane >> 2) + h * 8;
      if (log_sum_exp && p < T && (lane & 3) == 0) log_sum_exp[p] = (largest[i][h] + log2f(total)) * LN2;
      sum[i][h] = 1.f / total;
    }
  store_rows<MI>(output, output_pitch, q0 + row, T, o, sum);
}
}  // namespace attention
#else
namespace attention {
// One block of attention_forward: queries q0 .. q0 + FORWARD_ROWS of a head, those below T, against the keys up to T.
// Row p of output, log_sum_exp (or null), q, k and v is position p.
__device__ __forceinline__ void forward_block(element* output, long long output_pitch, float* log_sum_exp, const element* q,
                                             long long q_pitch, const element* k, const element* v, long long kv_pitch,
                                             int q0, int T, const float* slope_of_head, float scale) {
  constexpr int RI = FORWARD_RI, ROWS = FORWARD_ROWS;
  DYN_SHARED(float, tiles);
  float *q_tile = tiles, *k_tile = q_tile + ROWS * PITCH, *v_tile = k_tile + STEP * PITCH, *weights = v_tile + STEP * PITCH;
  int ty = static_cast<int>(threadIdx.x) >> 4, tx = static_cast<int>(threadIdx.x) & 15,
      end = min(q0 + ROWS, T);
  float slope = slope_of_head ? *slope_of_head : 0.f;

  clear_padding<ROWS + 2 * STEP, 256>(q_tile);
  load_rows<ROWS, 256>(q_tile, q, q_pitch, q0, T);
  float o[RI][COLUMNS] = {}, largest[RI], sum[RI] = {};
#pragma unroll
  for (int i = 0; i < RI; i++) largest[i] = minus_infinity();
  for (int k0 = 0; k0 < end; k0 += STEP) {
    load_rows<STEP, 256>(k_tile, k, kv_pitch, k0, T);
    load_rows<STEP, 256>(v_tile, v, kv_pitch, k0, T);
    ptx::cp_async_commit();
    ptx::cp_async_wait<0>();
    __syncthreads();
    float s[RI][2];
    multiply_transposed(s, q_tile, k_tile);
#pragma unroll
    for (int i = 0; i < RI; i++) {
      int p = q0 + ty * RI + i;
      float m = largest[i];
#pragma unroll
      for (int c = 0; c < 2; c++) {
        int j = k0 + tx + 16 * c;
        s[i][c] *= scale;
        if (slope_of_head) s[i][c] = fmaf(slope, static_cast<float>(j - p), s[i][c]);
        if (j > p) s[i][c] = minus_infinity();
        m = fmaxf(m, s[i][c]);
      }
#pragma unroll
      for (int lanes = 8; lanes > 0; lanes >>= 1) m = fmaxf(m, __shfl_xor_sync(0xffffffffu, m, lanes));
      float factor = expf(largest[i] - m);
      largest[i] = m;
#pragma unroll
      for (int c = 0; c < 2; c++) s[i][c] = expf(s[i][c] - m);
      sum[i] = sum[i] * factor + (s[i][0] + s[i][1]);
#pragma unroll
      for (int c = 0; c < COLUMNS; c++) o[i][c] *= factor;
    }
    store_weights(weights, s);
    __syncwarp();
    multiply_add(o, weights, v_tile);
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < RI; i++) {
#pragma unroll
    for (int lanes = 8; lanes > 0; lanes >>= 1) sum[i] += __shfl_xor_sync(0xffffffffu, sum[i], lanes);
    int p = q0 + ty * RI + i;
    if (log_sum_exp && p < T && tx == 0) log_sum_exp[p] = largest[i] + logf(sum[i]);
    sum[i] = 1.f / sum[i];
  }
  store_rows(output, output_pitch, q0, T, o, sum);
}
}  // namespace attention
#endif  // ELEMENT_BF16

// attention_forward
//   math    S = scale q kᵀ − slope (p − j), P = softmax(S) over j <= p, y = P v; lse = ln Σ exp S
//   shapes  qkv (B, T, (NH + 2 NKV) HS) · output (B, T, NH HS) · log_sum_exp (B, NH, T) f32 · slopes (NH) f32 or null
//   launch  one block per FORWARD_ROWS queries of a head, long rows first · block FORWARD_THREADS
//           grid (ceil(T / FORWARD_ROWS), NH, B) · shared FORWARD_ROWS + 4 FORWARD_KEYS rows of a tile
//   needs   rows aligned to COPY_BYTES         writes  output, log_sum_exp overwritten
//   source  arXiv:2205.14135, arXiv:2307.08691
KERNEL_WIDE(attention_forward, attention::FORWARD_THREADS,
       (element* output, float* log_sum_exp, const element* qkv, const float* slopes, int T, int NH, int NKV,
        float scale)) {
  using namespace attention;
  int head = blockIdx.y, sequence = blockIdx.z, kv_head = head / (NH / NKV);
  long long pitch = (NH + 2LL * NKV) * HS, output_pitch = static_cast<long long>(NH) * HS;
  forward_block(head_of(output, sequence, T, output_pitch, head), output_pitch,
                log_sum_exp + (static_cast<long long>(sequence) * NH + head) * T,
                head_of(qkv, sequence, T, pitch, head), pitch, head_of(qkv, sequence, T, pitch, NH + kv_head),
                head_of(qkv, sequence, T, pitch, NH + NKV + kv_head), pitch,
                static_cast<int>(gridDim.x - 1 - blockIdx.x) * FORWARD_ROWS, T, slopes ? slopes + head : nullptr, scale);
}

// attention_cached_blocks
//   math    as attention_forward, queries at the positions past[b] + t, keys and values from the cache
//   shapes  as attention_cached
//   launch  as attention_forward, T new rows
//   needs   rows aligned to COPY_BYTES; attention_append before it          writes  output overwritten
//   source  as attention_forward; for many new rows, where attention_cached would read the cache once for each
KERNEL_WIDE(attention_cached_blocks, attention::FORWARD_THREADS,
       (element* output, const element* cache, const element* qkv, const int* past, const float* slopes, int T, int NH,
        int NKV, int capacity, float scale)) {
  using namespace attention;
  int head = blockIdx.y, sequence = blockIdx.z, kv_head = head / (NH / NKV), first = past[sequence];
  long long pitch = (NH + 2LL * NKV) * HS, output_pitch = static_cast<long long>(NH) * HS, kv_pitch = 2LL * NKV * HS;
  const element* k = head_of(cache, sequence, capacity, kv_pitch, kv_head);
  forward_block(head_of(output, sequence, T, output_pitch, head) - first * output_pitch, output_pitch, nullptr,
                head_of(qkv, sequence, T, pitch, head) - first * pitch, pitch, k, k + static_cast<long long>(NKV) * HS,
                kv_pitch, first + static_cast<int>(gridDim.x - 1 - blockIdx.x) * FORWARD_ROWS, min(first + T, capacity),
                slopes ? slopes + head : nullptr, scale);
}

#if ELEMENT_BF16
// attention_backward_keys (bf16)
//   math    P = exp(S − lse), dS = P (dy vᵀ − D); dv = Σ_p P dy, dk = scale Σ_p dS q, over the query heads of the group
//   shapes  d_qkv, qkv (B, T, (NH + 2 NKV) HS) · d_output (B, T, NH HS) · log_sum_exp, delta (B, NH, T) f32
//   launch  one block per KEYS_ROWS keys of a key/value head · block 32 KEYS_WARPS · grid (ceil(T / KEYS_ROWS), NKV, B)
//           shared 2 KEYS_ROWS + 4 KEYS_QUERIES rows of a tile, 4 KEYS_QUERIES floats
//   needs   rows aligned to COPY_BYTES         writes  k and v parts of d_qkv overwritten
//   source  arXiv:2307.08691; a warp owns its keys, so that Sᵀ, Pᵀ, dk and dv stay in its registers
KERNEL_WIDE(attention_backward_keys, attention::KEYS_WARPS * 32,
       (element* d_qkv, const element* d_output, const float* log_sum_exp, const float* delta, const element* qkv,
        const float* slopes, int T, int NH, int NKV, float scale)) {
  using namespace attention;
  constexpr int MI = KEYS_MI, ROWS = KEYS_ROWS, QUERIES = KEYS_QUERIES, THREADS = KEYS_WARPS * 32;
  DYN_SHARED(bf16, tiles);
  bf16 *k_tile = tiles, *v_tile = k_tile + ROWS * PITCH, *q_tiles = v_tile + ROWS * PITCH,
       *d_tiles = q_tiles + 2 * QUERIES * PITCH;
  float* statistics = reinterpret_cast<float*>(d_tiles + 2 * QUERIES * PITCH);  // [2][lse, delta][QUERIES]
  int lane = threadIdx.x & 31, row = static_cast<int>(threadIdx.x >> 5) * MI * 16,
      kv_head = blockIdx.y, sequence = blockIdx.z, k0 = static_cast<int>(blockIdx.x) * ROWS, first = k0 / QUERIES * QUERIES,
      head = kv_head * (NH / NKV), last_head = head + NH / NKV - 1;
  long long pitch = (NH + 2LL * NKV) * HS, output_pitch = static_cast<long long>(NH) * HS;
  float scale_log2 = scale * LOG2E;

  auto load_queries = [&](int buffer, int of_head, int q0) {
    load_rows<QUERIES, THREADS>(q_tiles + buffer * QUERIES * PITCH, head_of(qkv, sequence, T, pitch, of_head), pitch, q0, T);
    load_rows<QUERIES, THREADS>(d_tiles + buffer * QUERIES * PITCH,
                                head_of(d_output, sequence, T, output_pitch, of_head), output_pitch, q0, T);
    if (threadIdx.x < 2 * QUERIES) {
      int part = static_cast<int>(threadIdx.x) / QUERIES, r = static_cast<int>(threadIdx.x) % QUERIES;
      const float* source = (part ? delta : log_sum_exp) + (static_cast<long long>(sequence) * NH + of_head) * T;
      bool inside = q0 + r < T;
      ptx::cp_async4(statistics + (buffer * 2 + part) * QUERIES + r, source + (inside ? q0 + r : 0), inside);
    }
  };

  clear_padding<2 * ROWS + 4 * QUERIES, THREADS>(k_tile);
  load_rows<ROWS, THREADS>(k_tile, head_of(qkv, sequence, T, pitch, NH + kv_head), pitch, k0, T);
  load_rows<ROWS, THREADS>(v_tile, head_of(qkv, sequence, T, pitch, NH + NKV + kv_head), pitch, k0, T);
  load_queries(0, head, first);
  ptx::cp_async_commit();
  float dk[HSP / 16][MI][2][4] = {}, dv[HSP / 16][MI][2][4] = {};
  for (int buffer = 0, q0 = first; head <= last_head; buffer ^= 1) {
    bool turns = q0 + QUERIES >= T;  // the last queries of a head
    int next_head = turns ? head + 1 : head, next_q0 = turns ? first : q0 + QUERIES;
    if (next_head <= last_head) load_queries(buffer ^ 1, next_head, next_q0);
    ptx::cp_async_commit();
    ptx::cp_async_wait<1>();
    __syncthreads();
    if (q0 + QUERIES - 1 >= k0 + row && k0 + row < T) {  // else all queries come before the warp's keys, or it has none
      const bf16 *q_tile = q_tiles + buffer * QUERIES * PITCH, *d_tile = d_tiles + buffer * QUERIES * PITCH;
      const float* lse = statistics + buffer * 2 * QUERIES;
      float slope = slopes ? slopes[head] * LOG2E : 0.f;
      float w[QUERIES / 16][MI][2][4] = {};
      multiply_transposed(w, k_tile, row, q_tile);
      float factor = finish_scores<true>(w, k0 + row + (lane >> 2), q0 + (lane & 3) * 2, scale_log2, slope,
                                         slopes != nullptr, q0 < k0 + row + MI * 16 - 1);
#pragma unroll
      for (int n = 0; n < QUERIES / 8; n++)
#pragma unroll
        for (int e = 0; e < 2; e++) {
          float shift = lse[n * 8 + (lane & 3) * 2 + e] * LOG2E;
#pragma unroll
          for (int i = 0; i < MI; i++)
#pragma unroll
            for (int h = 0; h < 2; h++) {
              float& x = w[n >> 1][i][n & 1][h * 2 + e];
              x = ptx::exp2_approx(fmaf(x, factor, -shift));
            }
        }
      float d[QUERIES / 16][MI][2][4] = {};
      multiply_transposed(d, v_tile, row, d_tile);
#pragma unroll
      for (int n = 0; n < QUERIES / 8; n++)
#pragma unroll
        for (int e = 0; e < 2; e++) {
          float mean = lse[QUERIES + n * 8 + (lane & 3) * 2 + e];
#pragma unroll
          for (int i = 0; i < MI; i++)
#pragma unroll
            for (int h = 0; h < 2; h++)
              d[n >> 1][i][n & 1][h * 2 + e] =
                  w[n >> 1][i][n & 1][h * 2 + e] * (d[n >> 1][i][n & 1][h * 2 + e] - mean);
        }
      multiply_add(dv, w, d_tile);
      multiply_add(dk, d, q_tile);
    }
    __syncthreads();
    head = next_head;
    q0 = next_q0;
  }
  float scales[MI][2], one[MI][2];
#pragma unroll
  for (int i = 0; i < MI; i++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      scales[i][h] = scale;
      one[i][h] = 1.f;
    }
  store_rows<MI>(head_of(d_qkv, sequence, T, pitch, NH + kv_head), pitch, k0 + row, T, dk, scales);
  store_rows<MI>(head_of(d_qkv, sequence, T, pitch, NH + NKV + kv_head), pitch, k0 + row, T, dv, one);
}

// attention_backward_queries (bf16)
//   math    dq = scale Σ_j dS k, dS as in attention_backward_keys
//   shapes  as attention_backward_keys
//   launch  one block per QUERIES_ROWS queries of a head, long rows first · block 32 QUERIES_WARPS
//           grid (ceil(T / QUERIES_ROWS), NH, B) · shared 2 QUERIES_ROWS + 4 QUERIES_KEYS rows of a tile
//   needs   rows aligned to COPY_BYTES         writes  q part of d_qkv overwritten
//   source  arXiv:2307.08691. Scores are computed a second time here: 7 products of tiles instead of 5. The other
//           deterministic way is partial sums of dq for every tile of keys. Per query and head it saves 2 T HS operations
//           but moves T HS / 32 bytes: about the same time (8e-15 T HS s at 250 TFLOP/s and 4 TB/s), and scratch that
//           grows with T²
KERNEL_WIDE(attention_backward_queries, attention::QUERIES_WARPS * 32,
       (element* d_qkv, const element* d_output, const float* log_sum_exp, const float* delta, const element* qkv,
        const float* slopes, int T, int NH, int NKV, float scale)) {
  using namespace attention;
  constexpr int MI = QUERIES_MI, ROWS = QUERIES_ROWS, KEYS = QUERIES_KEYS, THREADS = QUERIES_WARPS * 32;
  DYN_SHARED(bf16, tiles);
  bf16 *q_tile = tiles, *d_tile = q_tile + ROWS * PITCH, *k_tiles = d_tile + ROWS * PITCH,
       *v_tiles = k_tiles + 2 * KEYS * PITCH;
  int lane = threadIdx.x & 31, row = static_cast<int>(threadIdx.x >> 5) * MI * 16, head = blockIdx.y,
      sequence = blockIdx.z, q0 = static_cast<int>(gridDim.x - 1 - blockIdx.x) * ROWS,
      count = (min(q0 + ROWS, T) + KEYS - 1) / KEYS, kv_head = head / (NH / NKV);
  long long pitch = (NH + 2LL * NKV) * HS, output_pitch = static_cast<long long>(NH) * HS;
  const bf16 *k = head_of(qkv, sequence, T, pitch, NH + kv_head), *v = head_of(qkv, sequence, T, pitch, NH + NKV + kv_head);
  float slope = slopes ? slopes[head] * LOG2E : 0.f, scale_log2 = scale * LOG2E;

  clear_padding<2 * ROWS + 4 * KEYS, THREADS>(q_tile);
  load_rows<ROWS, THREADS>(q_tile, head_of(qkv, sequence, T, pitch, head), pitch, q0, T);
  load_rows<ROWS, THREADS>(d_tile, head_of(d_output, sequence, T, output_pitch, head), output_pitch, q0, T);
  load_rows<KEYS, THREADS>(k_tiles, k, pitch, 0, T);
  load_rows<KEYS, THREADS>(v_tiles, v, pitch, 0, T);
  ptx::cp_async_commit();
  float dq[HSP / 16][MI][2][4] = {}, shift[MI][2], mean[MI][2], scales[MI][2];
#pragma unroll
  for (int i = 0; i < MI; i++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int p = min(q0 + row + i * 16 + (lane >> 2) + h * 8, T - 1);
      long long at_row = (static_cast<long long>(sequence) * NH + head) * T + p;
      shift[i][h] = log_sum_exp[at_row] * LOG2E;
      mean[i][h] = delta[at_row];
      scales[i][h] = scale;
    }
  for (int t = 0; t < count; t++) {
    int buffer = (t & 1) * KEYS * PITCH, k0 = t * KEYS;
    if (t + 1 < count) {
      load_rows<KEYS, THREADS>(k_tiles + KEYS * PITCH - buffer, k, pitch, k0 + KEYS, T);
      load_rows<KEYS, THREADS>(v_tiles + KEYS * PITCH - buffer, v, pitch, k0 + KEYS, T);
    }
    ptx::cp_async_commit();
    ptx::cp_async_wait<1>();
    __syncthreads();
    if (k0 <= q0 + row + MI * 16 - 1 && q0 + row < T) {
      float w[KEYS / 16][MI][2][4] = {}, d[KEYS / 16][MI][2][4] = {};
      multiply_transposed(w, q_tile, row, k_tiles + buffer);
      multiply_transposed(d, d_tile, row, v_tiles + buffer);
      float factor = finish_scores<false>(w, q0 + row + (lane >> 2), k0 + (lane & 3) * 2, scale_log2, slope,
                                          slopes != nullptr, k0 + KEYS - 1 > q0 + row);
#pragma unroll
      for (int i = 0; i < MI; i++)
#pragma unroll
        for (int h = 0; h < 2; h++)
#pragma unroll
          for (int n = 0; n < KEYS / 8; n++)
#pragma unroll
            for (int e = 0; e < 2; e++) {
              float& x = w[n >> 1][i][n & 1][h * 2 + e];
              x = ptx::exp2_approx(fmaf(x, factor, -shift[i][h])) * (d[n >> 1][i][n & 1][h * 2 + e] - mean[i][h]);
            }
      multiply_add(dq, w, k_tiles + buffer);
    }
    __syncthreads();
  }
  store_rows<MI>(head_of(d_qkv, sequence, T, pitch, head), pitch, q0 + row, T, dq, scales);
}
#else
// attention_backward_keys (f32)
//   math    as attention_backward_keys (bf16)
//   shapes  as attention_backward_keys (bf16), all f32
//   launch  one block per KEYS_ROWS keys of a key/value head · block 256 · grid (ceil(T / KEYS_ROWS), NKV, B)
//           shared 2 KEYS_ROWS + 2 STEP rows of a tile, 2 KEYS_ROWS WEIGHTS_PITCH + 2 STEP floats
//   needs   rows aligned to COPY_BYTES         writes  k and v parts of d_qkv overwritten
//   source  arXiv:2205.14135, algorithm 4
KERNEL_WIDE(attention_backward_keys, 256,
       (element* d_qkv, const element* d_output, const float* log_sum_exp, const float* delta, const element* qkv,
        const float* slopes, int T, int NH, int NKV, float scale)) {
  using namespace attention;
  constexpr int RI = BACKWARD_RI, ROWS = KEYS_ROWS;
  DYN_SHARED(float, tiles);
  float *k_tile = tiles, *v_tile = k_tile + ROWS * PITCH, *q_tile = v_tile + ROWS * PITCH, *d_tile = q_tile + STEP * PITCH,
        *p_weights = d_tile + STEP * PITCH, *s_weights = p_weights + ROWS * WEIGHTS_PITCH,
        *statistics = s_weights + ROWS * WEIGHTS_PITCH;  // [lse, delta][STEP]
  int ty = static_cast<int>(threadIdx.x) >> 4, tx = static_cast<int>(threadIdx.x) & 15, kv_head = blockIdx.y,
      sequence = blockIdx.z, k0 = static_cast<int>(blockIdx.x) * ROWS, group = NH / NKV;
  long long pitch = (NH + 2LL * NKV) * HS, output_pitch = static_cast<long long>(NH) * HS;

  clear_padding<2 * ROWS + 2 * STEP, 256>(k_tile);
  load_rows<ROWS, 256>(k_tile, head_of(qkv, sequence, T, pitch, NH + kv_head), pitch, k0, T);
  load_rows<ROWS, 256>(v_tile, head_of(qkv, sequence, T, pitch, NH + NKV + kv_head), pitch, k0, T);
  float dk[RI][COLUMNS] = {}, dv[RI][COLUMNS] = {};
  for (int head = kv_head * group; head < (kv_head + 1) * group; head++) {
    float slope = slopes ? slopes[head] : 0.f;
    const float *q = head_of(qkv, sequence, T, pitch, head), *dy = head_of(d_output, sequence, T, output_pitch, head);
    long long at_head = (static_cast<long long>(sequence) * NH + head) * T;
    for (int q0 = k0; q0 < T; q0 += STEP) {
      load_rows<STEP, 256>(q_tile, q, pitch, q0, T);
      load_rows<STEP, 256>(d_tile, dy, output_pitch, q0, T);
      if (threadIdx.x < STEP) {
        int p = q0 + static_cast<int>(threadIdx.x);
        statistics[threadIdx.x] = p < T ? log_sum_exp[at_head + p] : 0.f;
        statistics[STEP + threadIdx.x] = p < T ? delta[at_head + p] : 0.f;
      }
      ptx::cp_async_commit();
      ptx::cp_async_wait<0>();
      __syncthreads();
      float w[RI][2], d[RI][2];
      multiply_transposed(w, k_tile, q_tile);
      multiply_transposed(d, v_tile, d_tile);
#pragma unroll
      for (int i = 0; i < RI; i++)
#pragma unroll
        for (int c = 0; c < 2; c++) {
          int j = k0 + ty * RI + i, p = q0 + tx + 16 * c;
          float x = w[i][c] * scale;
          if (slopes) x = fmaf(slope, static_cast<float>(j - p), x);
          x = j > p ? 0.f : expf(x - statistics[tx + 16 * c]);
          w[i][c] = x;
          d[i][c] = x * (d[i][c] - statistics[STEP + tx + 16 * c]);
        }
      store_weights(p_weights, w);
      store_weights(s_weights, d);
      __syncwarp();
      multiply_add(dv, p_weights, d_tile);
      multiply_add(dk, s_weights, q_tile);
      __syncthreads();
    }
  }
  float factor[RI], one[RI];
#pragma unroll
  for (int i = 0; i < RI; i++) {
    factor[i] = scale;
    one[i] = 1.f;
  }
  store_rows(head_of(d_qkv, sequence, T, pitch, NH + kv_head), pitch, k0, T, dk, factor);
  store_rows(head_of(d_qkv, sequence, T, pitch, NH + NKV + kv_head), pitch, k0, T, dv, one);
}

// attention_backward_queries (f32)
//   math    as attention_backward_queries (bf16)
//   shapes  as attention_backward_keys (f32)
//   launch  one block per QUERIES_ROWS queries of a head, long rows first · block 256
//           grid (ceil(T / QUERIES_ROWS), NH, B) · shared 2 QUERIES_ROWS + 2 STEP rows of a tile, QUERIES_ROWS
//           WEIGHTS_PITCH floats
//   needs   rows aligned to COPY_BYTES         writes  q part of d_qkv overwritten
//   source  arXiv:2205.14135, algorithm 4
KERNEL_WIDE(attention_backward_queries, 256,
       (element* d_qkv, const element* d_output, const float* log_sum_exp, const float* delta, const element* qkv,
        const float* slopes, int T, int NH, int NKV, float scale)) {
  using namespace attention;
  constexpr int RI = BACKWARD_RI, ROWS = QUERIES_ROWS;
  DYN_SHARED(float, tiles);
  float *q_tile = tiles, *d_tile = q_tile + ROWS * PITCH, *k_tile = d_tile + ROWS * PITCH, *v_tile = k_tile + STEP * PITCH,
        *weights = v_tile + STEP * PITCH;
  int ty = static_cast<int>(threadIdx.x) >> 4, tx = static_cast<int>(threadIdx.x) & 15, head = blockIdx.y,
      sequence = blockIdx.z, q0 = static_cast<int>(gridDim.x - 1 - blockIdx.x) * ROWS,
      end = min(q0 + ROWS, T), kv_head = head / (NH / NKV);
  long long pitch = (NH + 2LL * NKV) * HS, output_pitch = static_cast<long long>(NH) * HS;
  const float *k = head_of(qkv, sequence, T, pitch, NH + kv_head), *v = head_of(qkv, sequence, T, pitch, NH + NKV + kv_head);
  float slope = slopes ? slopes[head] : 0.f;

  clear_padding<2 * ROWS + 2 * STEP, 256>(q_tile);
  load_rows<ROWS, 256>(q_tile, head_of(qkv, sequence, T, pitch, head), pitch, q0, T);
  load_rows<ROWS, 256>(d_tile, head_of(d_output, sequence, T, output_pitch, head), output_pitch, q0, T);
  float dq[RI][COLUMNS] = {}, shift[RI], mean[RI], factor[RI];
#pragma unroll
  for (int i = 0; i < RI; i++) {
    long long at_row = (static_cast<long long>(sequence) * NH + head) * T + min(q0 + ty * RI + i, T - 1);
    shift[i] = log_sum_exp[at_row];
    mean[i] = delta[at_row];
    factor[i] = scale;
  }
  for (int k0 = 0; k0 < end; k0 += STEP) {
    load_rows<STEP, 256>(k_tile, k, pitch, k0, T);
    load_rows<STEP, 256>(v_tile, v, pitch, k0, T);
    ptx::cp_async_commit();
    ptx::cp_async_wait<0>();
    __syncthreads();
    float w[RI][2], d[RI][2];
    multiply_transposed(w, q_tile, k_tile);
    multiply_transposed(d, d_tile, v_tile);
#pragma unroll
    for (int i = 0; i < RI; i++)
#pragma unroll
      for (int c = 0; c < 2; c++) {
        int p = q0 + ty * RI + i, j = k0 + tx + 16 * c;
        float x = w[i][c] * scale;
        if (slopes) x = fmaf(slope, static_cast<float>(j - p), x);
        w[i][c] = j > p ? 0.f : expf(x - shift[i]) * (d[i][c] - mean[i]);
      }
    store_weights(weights, w);
    __syncwarp();
    multiply_add(dq, weights, k_tile);
    __syncthreads();
  }
  store_rows(head_of(d_qkv, sequence, T, pitch, head), pitch, q0, T, dq, factor);
}
#endif  // ELEMENT_BF16

// attention_delta
//   math    D[b,h,t] = Σ_d y dy
//   shapes  delta (B, NH, T) f32 · output, d_output (B, T, NH HS)
//   launch  one warp per (token, head) · block 256 · grid ceil(B T NH / 8) · shared 0
//   needs   nothing                             writes  delta overwritten
//   source  arXiv:2205.14135, equation 4
KERNEL(attention_delta, 256, (float* delta, const element* output, const element* d_output, int T, int NH, long long rows)) {
  int lane = threadIdx.x & 31;
  long long row = static_cast<long long>(blockIdx.x) * 8 + (threadIdx.x >> 5);
  if (row >= rows) return;
  const element *y = output + row * HEAD_SIZE, *dy = d_output + row * HEAD_SIZE;
  float sum = 0.f;
  for (int d = lane; d < HEAD_SIZE; d += 32) sum = fmaf(load_f(y + d), load_f(dy + d), sum);
  sum = ptx::warp_sum(sum);
  long long token = row / NH, sequence = token / T;
  if (lane == 0) delta[(sequence * NH + row % NH) * T + token % T] = sum;
}

// rope
//   math    z'_i = z_i cos θ − z_{i+half} sin θ, z'_{i+half} = z_{i+half} cos θ + z_i sin θ for i < half
//   shapes  qkv (B, T, (NH + 2 NKV) HS), its first `heads` = NH + NKV heads · cos_sin (positions, 2 half) f32
//           offsets (B) i32 or null
//   launch  one block per token, two elements of each half per thread where half is even · block 128 · grid B T · shared 0
//   needs   nothing                             writes  q and k parts of qkv, in place
//   source  arXiv:2104.09864
namespace attention {
__device__ __forceinline__ float2 load_pair(const bf16* p) {
  unsigned w = *reinterpret_cast<const unsigned*>(p);
  return make_float2(__uint_as_float(w << 16), __uint_as_float(w & 0xffff0000u));
}
__device__ __forceinline__ float2 load_pair(const float* p) { return *reinterpret_cast<const float2*>(p); }
__device__ __forceinline__ void store_pair(bf16* p, float x, float y) {
  *reinterpret_cast<unsigned*>(p) = ptx::pack_bf16x2(x, y);
}
__device__ __forceinline__ void store_pair(float* p, float x, float y) {
  *reinterpret_cast<float2*>(p) = make_float2(x, y);
}
}  // namespace attention
KERNEL(rope, 128,
       (element* qkv, const float* cos_sin, const int* offsets, int T, int heads, int half, long long pitch, int offset,
        float sine_sign)) {
  using namespace attention;
  int sequence = static_cast<int>(blockIdx.x) / T, t = static_cast<int>(blockIdx.x) % T;
  const float* cosines = cos_sin + static_cast<long long>((offsets ? offsets[sequence] : offset) + t) * (2 * half);
  element* row = qkv + blockIdx.x * pitch;
  if (HS % 2 == 0 && half % 2 == 0) {
    for (int i = threadIdx.x; i < heads * (half / 2); i += 128) {
      int d = i % (half / 2) * 2;
      element* z = row + i / (half / 2) * HS + d;
      float2 a = load_pair(z), b = load_pair(z + half), c = load_pair(cosines + d), s = load_pair(cosines + half + d);
      s.x *= sine_sign;
      s.y *= sine_sign;
      store_pair(z, a.x * c.x - b.x * s.x, a.y * c.y - b.y * s.y);
      store_pair(z + half, b.x * c.x + a.x * s.x, b.y * c.y + a.y * s.y);
    }
  } else {
    for (int i = threadIdx.x; i < heads * half; i += 128) {
      int d = i % half;
      element* z = row + i / half * HS + d;
      float a = load_f(z), b = load_f(z + half), c = cosines[d], s = cosines[half + d] * sine_sign;
      store_f(z, a * c - b * s);
      store_f(z + half, b * c + a * s);
    }
  }
}

namespace attention {
// q · k of one row, in the order of the columns; q is f32 in shared memory.
__device__ __forceinline__ float dot_row(const float* q, const element* k) {
  constexpr int WORDS = COPY_BYTES / 4, STEP_ELEMENTS = COPY_BYTES / static_cast<int>(sizeof(element));
  float sum = 0.f;
#pragma unroll 4
  for (int d = 0; d < HS; d += STEP_ELEMENTS) {
    unsigned words[WORDS];
    if constexpr (WORDS == 4) {
      uint4 w = ptx::ld128<uint4>(k + d);
      words[0] = w.x, words[1] = w.y, words[2] = w.z, words[3] = w.w;
    } else if constexpr (WORDS == 2) {
      uint2 w = *reinterpret_cast<const uint2*>(k + d);
      words[0] = w.x, words[1] = w.y;
    } else {
      words[0] = *reinterpret_cast<const unsigned*>(k + d);
    }
#pragma unroll
    for (int i = 0; i < WORDS; i++) {
      if constexpr (sizeof(element) == 2) {
        sum = fmaf(q[d + 2 * i], __uint_as_float(words[i] << 16), sum);
        sum = fmaf(q[d + 2 * i + 1], __uint_as_float(words[i] & 0xffff0000u), sum);
      } else {
        sum = fmaf(q[d + i], __uint_as_float(words[i]), sum);
      }
    }
  }
  return sum;
}
}  // namespace attention

// attention_weights
//   math    A = softmax(scale q kᵀ − slope (p − j)), j <= p if causal; for analysis
//   shapes  weights (B, NH, T, T) f32 · qkv (B, T, (NH + 2 NKV) HS) · slopes (NH) f32 or null
//   launch  one warp per row · block 128 · grid ceil(B NH T / 4) · shared static
//   needs   rows aligned to COPY_BYTES         writes  weights overwritten, 0 above the diagonal
//   source  arXiv:1706.03762
KERNEL_WIDE(attention_weights, 128,
       (float* weights, const element* qkv, const float* slopes, int T, int NH, int NKV, float scale, int causal,
        long long rows)) {
  using namespace attention;
  SHARED(float, queries, [4][HS]);
  int lane = threadIdx.x & 31;
  long long index = static_cast<long long>(blockIdx.x) * 4 + (threadIdx.x >> 5), pitch = (NH + 2LL * NKV) * HS;
  if (index >= rows) return;
  int p = static_cast<int>(index % T), head = static_cast<int>(index / T % NH), sequence = static_cast<int>(index / T / NH),
      count = causal ? p + 1 : T;
  float* q = queries[threadIdx.x >> 5];
  const element *source = head_of(qkv, sequence, T, pitch, head) + p * pitch,
                *k = head_of(qkv, sequence, T, pitch, NH + head / (NH / NKV));
  for (int d = lane; d < HS; d += 32) q[d] = load_f(source + d);
  __syncwarp();
  float *row = weights + index * T, slope = slopes ? slopes[head] : 0.f, largest = minus_infinity(), sum = 0.f;
#pragma unroll 1
  for (int j = lane; j < count; j += 32) {
    float x = scale * dot_row(q, k + j * pitch) - slope * static_cast<float>(p - j);
    row[j] = x;
    largest = fmaxf(largest, x);
  }
  largest = ptx::warp_max(largest);
  for (int j = lane; j < count; j += 32) {
    float x = expf(row[j] - largest);
    row[j] = x;
    sum += x;
  }
  sum = ptx::warp_sum(sum);
  for (int j = lane; j < T; j += 32) row[j] = j < count ? row[j] / sum : 0.f;
}

// attention_append
//   math    cache[b, past[b] + t] = k | v of new row t
//   shapes  cache (B, capacity, 2 NKV HS) · qkv (B, T, (NH + 2 NKV) HS) · past (B) i32
//   launch  one block per new row · block 128 · grid B T · shared 0
//   needs   past[b] + T <= capacity            writes  the new rows of cache
//   source  own
KERNEL(attention_append, 128,
       (element* cache, const element* qkv, const int* past, int T, int NH, int NKV, int capacity)) {
  int sequence = static_cast<int>(blockIdx.x) / T, at_row = past[sequence] + static_cast<int>(blockIdx.x) % T,
      columns = 2 * NKV * HEAD_SIZE;
  if (at_row >= capacity) return;
  const element* source = qkv + blockIdx.x * ((NH + 2LL * NKV) * HEAD_SIZE) + static_cast<long long>(NH) * HEAD_SIZE;
  element* target = cache + (static_cast<long long>(sequence) * capacity + at_row) * columns;
  for (int i = threadIdx.x; i < columns; i += 128) target[i] = source[i];
}

// attention_cached
//   math    y = softmax(scale q kᵀ − slope (p − j)) v over the cached rows j <= p = past[b] + t
//   shapes  output (B, T, NH HS) · cache, qkv, past as attention_append · slopes (NH) f32 or null
//   launch  one block per new row and head · block 128 · grid (T, NH, B) · shared static
//   needs   rows aligned to COPY_BYTES; attention_append before it          writes  output overwritten
//   source  arXiv:2205.14135; the keys are cut from position 0, so a row's sums depend on its position alone
KERNEL_WIDE(attention_cached, 128,
       (element* output, const element* cache, const element* qkv, const int* past, const float* slopes, int T, int NH,
        int NKV, int capacity, float scale)) {
  using namespace attention;
  constexpr int PARTS = 128 / HS;
  SHARED(float, query, [HS]);
  SHARED(float, scores, [128]);
  SHARED(float, warps, [4]);
  int tid = threadIdx.x, t = blockIdx.x, head = blockIdx.y, sequence = blockIdx.z, kv_head = head / (NH / NKV),
      p = min(past[sequence] + t, capacity - 1), part = tid / HS, column = tid % HS;
  long long pitch = 2LL * NKV * HS, token = static_cast<long long>(sequence) * T + t;
  const element *k = cache + sequence * (capacity * pitch) + static_cast<long long>(kv_head) * HS,
                *v = k + static_cast<long long>(NKV) * HS;
  float slope = slopes ? slopes[head] : 0.f, largest = minus_infinity(), sum = 0.f, y = 0.f;
  if (tid < HS) query[tid] = load_f(qkv + token * ((NH + 2LL * NKV) * HS) + static_cast<long long>(head) * HS + tid);
  __syncthreads();
  for (int k0 = 0; k0 <= p; k0 += 128) {
    int j = k0 + tid, count = min(128, p + 1 - k0);
    float x = minus_infinity();
    if (j <= p) x = scale * dot_row(query, k + j * pitch) - slope * static_cast<float>(p - j);
    float m = ptx::warp_max(x);
    if ((tid & 31) == 0) warps[tid >> 5] = m;
    __syncthreads();
    m = fmaxf(fmaxf(fmaxf(warps[0], warps[1]), fmaxf(warps[2], warps[3])), largest);
    float factor = expf(largest - m);
    largest = m;
    x = expf(x - m);
    scores[tid] = x;
    sum = sum * factor + x;
    __syncthreads();
    y *= factor;
    if (part < PARTS)
#pragma unroll 4
      for (int i = part; i < count; i += PARTS) y = fmaf(scores[i], load_f(v + (k0 + i) * pitch + column), y);
    __syncthreads();
  }
  sum = ptx::warp_sum(sum);
  if ((tid & 31) == 0) warps[tid >> 5] = sum;
  scores[tid] = y;
  __syncthreads();
  if (tid < HS) {
    float total = scores[tid];
    for (int i = 1; i < PARTS; i++) total += scores[i * HS + tid];
    store_f(output + token * (static_cast<long long>(NH) * HS) + static_cast<long long>(head) * HS + tid,
            total / ((warps[0] + warps[1]) + (warps[2] + warps[3])));
  }
}

#endif  // attention
