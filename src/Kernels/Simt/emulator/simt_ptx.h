// simt_ptx.h - host twins of the ptx:: wrappers in kernels.cu: same names, same parameters, plus the source line.
// A wrapper that needs the whole warp is one rendezvous, however many instructions it stands for.
#pragma once
#include "simt_lanes.h"

namespace simt {
void cp_async(void* dst, const void* src, unsigned bytes, unsigned valid, int line);
void cp_async_commit();
void cp_async_wait(unsigned pending, int line);
}  // namespace simt

namespace ptx {
// ---- named barriers: threads that wait, threads that only arrive
inline void bar_sync(int id, int threads, int line = __builtin_LINE()) { simt::barrier(id, threads, true, line); }
inline void bar_arrive(int id, int threads, int line = __builtin_LINE()) { simt::barrier(id, threads, false, line); }

// ---- tensor core operands and products
void ldmatrix_(unsigned* r, const void* const* rows, int count, bool trans, int line);
inline void ldmatrix_x4(unsigned (&r)[4], const void* row, int line = __builtin_LINE()) {
  ldmatrix_(r, &row, 1, false, line);
}
inline void ldmatrix_x4_trans(unsigned (&r)[4], const void* row, int line = __builtin_LINE()) {
  ldmatrix_(r, &row, 1, true, line);
}
template <int N>
inline void ldmatrix_tile(unsigned (&r)[N][4], const void* const (&rows)[N], int line = __builtin_LINE()) {
  ldmatrix_(&r[0][0], rows, N, false, line);
}
template <int N>
inline void ldmatrix_tile_trans(unsigned (&r)[N][4], const void* const (&rows)[N], int line = __builtin_LINE()) {
  ldmatrix_(&r[0][0], rows, N, true, line);
}
void mma_bf16_(float* d, const unsigned* a, const unsigned* b, int mi, int nj, int line);
void mma_tf32_(float* d, const unsigned* a, const unsigned* b, int mi, int nj, int line);
inline void mma_m16n8k16_bf16(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1,
                              int line = __builtin_LINE()) {
  unsigned b[2] = {b0, b1};
  mma_bf16_(d, a, b, 1, 1, line);
}
template <int MI, int NJ>
inline void mma_tile(float (&d)[MI][NJ][4], const unsigned (&a)[MI][4], const unsigned (&b)[NJ][2],
                     int line = __builtin_LINE()) {
  mma_bf16_(&d[0][0][0], &a[0][0], &b[0][0], MI, NJ, line);
}
inline void mma_m16n8k8_tf32(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1,
                             int line = __builtin_LINE()) {
  unsigned b[2] = {b0, b1};
  mma_tf32_(d, a, b, 1, 1, line);
}
template <int MI, int NJ>
inline void mma_tile_tf32(float (&d)[MI][NJ][4], const unsigned (&a)[MI][4], const unsigned (&b)[NJ][2],
                          int line = __builtin_LINE()) {
  mma_tf32_(&d[0][0][0], &a[0][0], &b[0][0], MI, NJ, line);
}

// ---- sums and maxima over a warp: every lane gets the result, in the order of a butterfly of shuffles
float warp_sum(float v, int line = __builtin_LINE());
double warp_sum(double v, int line = __builtin_LINE());
int warp_sum(int v, int line = __builtin_LINE());
float warp_max(float v, int line = __builtin_LINE());

// ---- asynchronous copies: queued, done at the wait (or at issue, simt_async(1)), so that a missing wait shows
inline void cp_async16(void* dst, const void* src, bool pred = true, int line = __builtin_LINE()) {
  simt::cp_async(dst, src, 16, pred ? 16 : 0, line);
}
inline void cp_async8(void* dst, const void* src, bool pred = true, int line = __builtin_LINE()) {
  simt::cp_async(dst, src, 8, pred ? 8 : 0, line);
}
inline void cp_async4(void* dst, const void* src, bool pred = true, int line = __builtin_LINE()) {
  simt::cp_async(dst, src, 4, pred ? 4 : 0, line);
}
inline void cp_async_commit() { simt::cp_async_commit(); }
template <int N>
inline void cp_async_wait(int line = __builtin_LINE()) {
  simt::cp_async_wait(N, line);
}

// ---- conversions: round to nearest even
inline unsigned short bf16_rn(unsigned u) {
  if ((u & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
  return static_cast<unsigned short>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}
inline unsigned pack_bf16x2(float lo, float hi) {
  return unsigned(bf16_rn(__float_as_uint(lo))) | (unsigned(bf16_rn(__float_as_uint(hi))) << 16);
}
inline unsigned tf32_rna(float x) {  // nearest, ties away from zero: 10 bits of mantissa stay
  unsigned u = __float_as_uint(x);
  if ((u & 0x7f800000u) == 0x7f800000u) return (u & 0x7fffffffu) > 0x7f800000u ? 0x7fffffffu : u;
  return (u + 0x1000u) & 0xffffe000u;
}
inline float exp2_approx(float x) { return exp2f(x); }

// ---- 16-byte accesses
template <class T>
SIMT_FN T ld128(const void* p, int line = __builtin_LINE()) {
  static_assert(sizeof(T) == 16, "ld128");
  if (reinterpret_cast<uintptr_t>(p) & 15)
    simt::fail_code(simt::kMisaligned, "line %d: ld128: address %p is not 16-byte aligned", line, p);
  SIMT_NOTE(simt::note_read(p, 16, line));
  T v;
  memcpy(&v, p, 16);
  return v;
}
template <class T>
SIMT_FN void st128(void* p, const T& v, int line = __builtin_LINE()) {
  static_assert(sizeof(T) == 16, "st128");
  if (reinterpret_cast<uintptr_t>(p) & 15)
    simt::fail_code(simt::kMisaligned, "line %d: st128: address %p is not 16-byte aligned", line, p);
  SIMT_NOTE(simt::note_write(p, 16, line));
  memcpy(p, &v, 16);
}

// ---- compute capability 9.0: barriers with a byte count, bulk tensor copies, warpgroup products
struct alignas(64) TmaMap {
  unsigned magic;
  int swizzle;
  const void* base;
  long dim[2], stride;
  int box[2];
  char pad[128 - 56];
};
static_assert(sizeof(TmaMap) == 128, "CUtensorMap");
using u64 = unsigned long long;
void mbar_init(u64* p, unsigned count, int line = __builtin_LINE());
void mbar_arrive(u64* p, int line = __builtin_LINE());
void mbar_expect_tx(u64* p, unsigned bytes, int line = __builtin_LINE());
void mbar_wait(u64* p, unsigned parity, int line = __builtin_LINE());
inline void mbar_fence_init() {}
inline void fence_proxy_async() {}
void tma_load_2d(void* dst, const TmaMap* map, int x, int y, u64* bar, int line = __builtin_LINE());
inline void wgmma_fence() {}
void wgmma_commit();
void wgmma_wait_(unsigned pending, int line);
void wgmma_(float* d, int n, u64 a, u64 b, int scale_d, int line, bool a_across = false, bool b_across = false);
template <int N>
inline void wgmma_wait(int line = __builtin_LINE()) {
  wgmma_wait_(N, line);
}
inline void wgmma_m64n64k16_bf16(float (&d)[32], u64 a, u64 b, int line = __builtin_LINE()) {
  wgmma_(d, 64, a, b, 1, line);
}
template <int A_ACROSS, int B_ACROSS>  // operands along m or n instead of k
inline void wgmma_m64n128k16_bf16(float (&d)[64], u64 a, u64 b, int line = __builtin_LINE()) {
  wgmma_(d, 128, a, b, 1, line, A_ACROSS, B_ACROSS);
}
template <int A_ACROSS, int B_ACROSS>
inline void wgmma_m64n256k16_bf16(float (&d)[128], u64 a, u64 b, int line = __builtin_LINE()) {
  wgmma_(d, 256, a, b, 1, line, A_ACROSS, B_ACROSS);
}
u64 wgmma_desc(const void* p, unsigned lbo, unsigned sbo, unsigned swizzle, int line = __builtin_LINE());
template <int N>
inline void setmaxnreg_dec() {}
template <int N>
inline void setmaxnreg_inc() {}
}  // namespace ptx
