// simt_lanes.h - barriers, shuffles, votes and atomics.
#pragma once
#include "simt_runtime.h"

inline void __syncthreads(int line = __builtin_LINE()) { simt::barrier(0, 0, true, line); }
void __syncwarp(unsigned mask = 0xffffffffu, int line = __builtin_LINE());
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __nanosleep(unsigned) {}
unsigned __activemask() __attribute__((error("rule: no __activemask in kernels.cu, pass explicit masks")));

// ---- shuffles and votes
namespace simt {
uint64_t shfl(uint32_t mask, uint64_t v, int mode, int arg, int width, int line);
uint32_t vote(uint32_t mask, int pred, int mode, int line);
uint32_t reduce(uint32_t mask, uint32_t v, int mode, int line);
template <class T>
SIMT_FN T shfl_t(uint32_t mask, T v, int mode, int arg, int width, int line) {
  static_assert((sizeof(T) == 4 || sizeof(T) == 8) && std::is_arithmetic<T>::value, "shuffle of 4 or 8 bytes");
  uint64_t u = 0;
  memcpy(&u, &v, sizeof(T));
  u = shfl(mask, u, mode, arg, width, line);
  memcpy(&v, &u, sizeof(T));
  return v;
}
}  // namespace simt
template <class T>
inline T __shfl_sync(unsigned m, T v, int src, int w = 32, int line = __builtin_LINE()) {
  return simt::shfl_t(m, v, 0, src, w, line);
}
template <class T>
inline T __shfl_up_sync(unsigned m, T v, unsigned d, int w = 32, int line = __builtin_LINE()) {
  return simt::shfl_t(m, v, 1, int(d), w, line);
}
template <class T>
inline T __shfl_down_sync(unsigned m, T v, unsigned d, int w = 32, int line = __builtin_LINE()) {
  return simt::shfl_t(m, v, 2, int(d), w, line);
}
template <class T>
inline T __shfl_xor_sync(unsigned m, T v, int x, int w = 32, int line = __builtin_LINE()) {
  return simt::shfl_t(m, v, 3, x, w, line);
}
inline unsigned __ballot_sync(unsigned m, int p, int line = __builtin_LINE()) { return simt::vote(m, p, 0, line); }
inline int __any_sync(unsigned m, int p, int line = __builtin_LINE()) { return simt::vote(m, p, 0, line) != 0; }
inline int __all_sync(unsigned m, int p, int line = __builtin_LINE()) { return simt::vote(m, p, 1, line) != 0; }
inline unsigned __reduce_add_sync(unsigned m, unsigned v, int line = __builtin_LINE()) {
  return simt::reduce(m, v, 0, line);
}
inline int __reduce_add_sync(unsigned m, int v, int line = __builtin_LINE()) {
  return int(simt::reduce(m, unsigned(v), 0, line));
}
inline unsigned __reduce_min_sync(unsigned m, unsigned v, int line = __builtin_LINE()) {
  return simt::reduce(m, v, 1, line);
}
inline int __reduce_min_sync(unsigned m, int v, int line = __builtin_LINE()) {
  return int(simt::reduce(m, unsigned(v), 2, line));
}
inline unsigned __reduce_max_sync(unsigned m, unsigned v, int line = __builtin_LINE()) {
  return simt::reduce(m, v, 3, line);
}
inline int __reduce_max_sync(unsigned m, int v, int line = __builtin_LINE()) {
  return int(simt::reduce(m, unsigned(v), 4, line));
}
inline unsigned __reduce_and_sync(unsigned m, unsigned v, int line = __builtin_LINE()) {
  return simt::reduce(m, v, 5, line);
}
inline unsigned __reduce_or_sync(unsigned m, unsigned v, int line = __builtin_LINE()) {
  return simt::reduce(m, v, 6, line);
}

// ---- atomics (real ones: blocks run on several worker threads)
namespace simt {
template <class T, class F>
SIMT_FN T atomic_update(T* p, int line, F next) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "atomic of 4 or 8 bytes");
  using U = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  if (reinterpret_cast<uintptr_t>(p) % sizeof(T)) fail_code(kMisaligned, "line %d: misaligned atomic at %p", line, (void*)p);
  SIMT_NOTE(note_atomic(p, sizeof(T), line));
  U* u = reinterpret_cast<U*>(p);
  U old = __atomic_load_n(u, __ATOMIC_RELAXED), want;
  T before, after;
  do {
    memcpy(&before, &old, sizeof(T));
    after = next(before);
    memcpy(&want, &after, sizeof(T));
  } while (!__atomic_compare_exchange_n(u, &old, want, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
  return before;
}
}  // namespace simt
#define SIMT_ATOMIC(name, T, expr)                                \
  inline T name(T* p, T v, int line = __builtin_LINE()) {         \
    return simt::atomic_update(p, line, [=](T x) { return static_cast<T>(expr); }); \
  }
SIMT_ATOMIC(atomicAdd, int, unsigned(x) + unsigned(v))
SIMT_ATOMIC(atomicAdd, unsigned, x + v)
SIMT_ATOMIC(atomicAdd, unsigned long long, x + v)
SIMT_ATOMIC(atomicAdd, float, x + v)
SIMT_ATOMIC(atomicAdd, double, x + v)
SIMT_ATOMIC(atomicMin, int, v < x ? v : x)
SIMT_ATOMIC(atomicMin, unsigned, v < x ? v : x)
SIMT_ATOMIC(atomicMin, long long, v < x ? v : x)
SIMT_ATOMIC(atomicMin, unsigned long long, v < x ? v : x)
SIMT_ATOMIC(atomicMax, int, v > x ? v : x)
SIMT_ATOMIC(atomicMax, unsigned, v > x ? v : x)
SIMT_ATOMIC(atomicMax, long long, v > x ? v : x)
SIMT_ATOMIC(atomicMax, unsigned long long, v > x ? v : x)
SIMT_ATOMIC(atomicOr, int, x | v)
SIMT_ATOMIC(atomicOr, unsigned, x | v)
SIMT_ATOMIC(atomicAnd, int, x & v)
SIMT_ATOMIC(atomicAnd, unsigned, x & v)
SIMT_ATOMIC(atomicXor, unsigned, x ^ v)
SIMT_ATOMIC(atomicExch, int, v)
SIMT_ATOMIC(atomicExch, unsigned, v)
SIMT_ATOMIC(atomicExch, float, v)
SIMT_ATOMIC(atomicExch, unsigned long long, v)
#undef SIMT_ATOMIC
#define SIMT_CAS(T)                                                                      \
  inline T atomicCAS(T* p, T compare, T v, int line = __builtin_LINE()) {                \
    return simt::atomic_update(p, line, [=](T x) { return x == compare ? v : x; });      \
  }
SIMT_CAS(int)
SIMT_CAS(unsigned)
SIMT_CAS(unsigned long long)
#undef SIMT_CAS

// ---- loads and stores with cache hints
template <class T>
inline T __ldg(const T* p) {
  return *p;
}
template <class T>
inline T __ldcs(const T* p) {
  return *p;
}
template <class T>
inline T __ldcg(const T* p) {
  return *p;
}
template <class T>
inline void __stcs(T* p, T v) {
  *p = v;
}
template <class T>
inline void __stcg(T* p, T v) {
  *p = v;
}
