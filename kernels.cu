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
#if PROGRAM == 0 || PROGRAM == 2

#endif  // gemm

// ==== section 3: attention ==========================================================================================
#if PROGRAM == 0 || PROGRAM == 3

#endif  // attention
