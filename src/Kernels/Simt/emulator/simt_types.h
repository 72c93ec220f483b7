// simt_types.h - CUDA keywords, vector types, bit and math functions as NVRTC predeclares them.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

// ---- keywords
#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) __attribute__((aligned(n)))

// Emulator functions are neither instrumented nor inlined into instrumented code in the checked build.
#ifdef SIMT_CHECK
#define SIMT_FN __attribute__((noinline, no_sanitize("thread"))) inline
#else
#define SIMT_FN __attribute__((always_inline)) inline
#endif

// ---- vector types
struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};
#define SIMT_VECTOR2(T, name, bytes) \
  struct alignas(bytes) name {       \
    T x, y;                          \
  };                                 \
  inline name make_##name(T x, T y) { return {x, y}; }
#define SIMT_VECTOR4(T, name, bytes) \
  struct alignas(bytes) name {       \
    T x, y, z, w;                    \
  };                                 \
  inline name make_##name(T x, T y, T z, T w) { return {x, y, z, w}; }
SIMT_VECTOR2(float, float2, 8)
SIMT_VECTOR2(double, double2, 16)
SIMT_VECTOR2(int, int2, 8)
SIMT_VECTOR2(unsigned, uint2, 8)
SIMT_VECTOR2(unsigned short, ushort2, 4)
SIMT_VECTOR2(long long, longlong2, 16)
SIMT_VECTOR4(float, float4, 16)
SIMT_VECTOR4(int, int4, 16)
SIMT_VECTOR4(unsigned, uint4, 16)
SIMT_VECTOR4(unsigned short, ushort4, 8)
#undef SIMT_VECTOR2
#undef SIMT_VECTOR4

// ---- bits
inline unsigned __float_as_uint(float f) {
  unsigned u;
  memcpy(&u, &f, 4);
  return u;
}
inline float __uint_as_float(unsigned u) {
  float f;
  memcpy(&f, &u, 4);
  return f;
}
inline int __float_as_int(float f) { return static_cast<int>(__float_as_uint(f)); }
inline float __int_as_float(int i) { return __uint_as_float(static_cast<unsigned>(i)); }
inline long long __double_as_longlong(double d) {
  long long u;
  memcpy(&u, &d, 8);
  return u;
}
inline double __longlong_as_double(long long u) {
  double d;
  memcpy(&d, &u, 8);
  return d;
}
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((uint64_t(a) * b) >> 32); }
inline int __mulhi(int a, int b) { return static_cast<int>((int64_t(a) * b) >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned>(x)) : 32; }
inline int __clzll(long long x) { return x ? __builtin_clzll(static_cast<unsigned long long>(x)) : 64; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline unsigned __brev(unsigned x) {
  unsigned r = 0;
  for (int i = 0; i < 32; i++) r |= ((x >> i) & 1u) << (31 - i);
  return r;
}
inline unsigned __funnelshift_l(unsigned lo, unsigned hi, unsigned n) {
  return static_cast<unsigned>(((uint64_t(hi) << 32 | lo) << (n & 31)) >> 32);
}
inline unsigned __funnelshift_r(unsigned lo, unsigned hi, unsigned n) {
  return static_cast<unsigned>((uint64_t(hi) << 32 | lo) >> (n & 31));
}

// ---- rounding: out of range saturates and NaN gives 0, as on the GPU
namespace simt {
inline int to_int(double d) {
  if (!(d == d)) return 0;
  return d >= 2147483647.0 ? 2147483647 : d <= -2147483648.0 ? -2147483647 - 1 : static_cast<int>(d);
}
}  // namespace simt
inline int __float2int_rn(float x) { return simt::to_int(nearbyint(double(x))); }
inline int __float2int_rz(float x) { return simt::to_int(trunc(double(x))); }
inline int __float2int_rd(float x) { return simt::to_int(floor(double(x))); }
inline int __float2int_ru(float x) { return simt::to_int(ceil(double(x))); }
inline int __double2int_rn(double x) { return simt::to_int(nearbyint(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }

// ---- math: the exact functions stand for the device's approximations
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __fadd_rn(float a, float b) {
  volatile float r = a + b;  // never contracted to a fused multiply-add
  return r;
}
inline float __fmul_rn(float a, float b) {
  volatile float r = a * b;
  return r;
}
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __saturatef(float x) { return x > 0.f ? (x < 1.f ? x : 1.f) : 0.f; }
inline void __sincosf(float x, float* s, float* c) {
  *s = sinf(x);
  *c = cosf(x);
}
inline float sinpif(float x) { return static_cast<float>(sin(M_PI * double(x))); }
inline float cospif(float x) { return static_cast<float>(cos(M_PI * double(x))); }
template <class T>
inline T min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
inline T max(T a, T b) {
  return a < b ? b : a;
}
inline long long min(long long a, int b) { return b < a ? b : a; }
inline long long min(int a, long long b) { return b < a ? b : a; }
inline long long max(long long a, int b) { return a < b ? b : a; }
inline long long max(int a, long long b) { return a < b ? b : a; }
inline unsigned min(unsigned a, int b) { return min(a, static_cast<unsigned>(b)); }
inline unsigned min(int a, unsigned b) { return min(static_cast<unsigned>(a), b); }
inline unsigned max(unsigned a, int b) { return max(a, static_cast<unsigned>(b)); }
inline unsigned max(int a, unsigned b) { return max(static_cast<unsigned>(a), b); }
// CUDA's min and max of floating-point numbers are fmin and fmax: the operand that is not NaN wins.
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }
