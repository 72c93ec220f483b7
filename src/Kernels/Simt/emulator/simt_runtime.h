// simt_runtime.h - the running thread, kernel registration, shared memory: what kernels.cu compiles against.
#pragma once
#include "simt_types.h"

namespace simt {
struct Block;
struct Warp;
struct Thread {  // hot part, one per CUDA thread of the running block
  uint3 tid;
  uint32_t lane;
  Block* blk;
  Warp* warp;
  void* fiber;  // null until first run
  int line;     // source line of the last blocking operation
  uint32_t linear;
};
struct BlockIds {
  uint3 bid;
  dim3 bdim, gdim;
};
extern thread_local Thread* cur __attribute__((tls_model("initial-exec")));
extern thread_local BlockIds ids __attribute__((tls_model("initial-exec")));

enum FaultCode { kOutOfBounds = 700, kWrongArch = 715, kMisaligned = 716, kFault = 719 };
[[noreturn]] void fail(const char* fmt, ...);
[[noreturn]] void fail_code(int code, const char* fmt, ...);

// A warp operation: the lanes of the mask post a pointer each, the last one to arrive runs fn for all of them.
using CollFn = void (*)(void* const* payload, uint32_t mask);
void collective(uint32_t mask, CollFn fn, void* payload, bool aligned, int line);
void barrier(int id, int count, bool wait, int line);

void* dyn_smem();
void* static_smem(const void* key, size_t bytes, size_t align);
uint32_t smem_offset(const void* p, size_t bytes, int line);
void need_arch(int least, const char* wrapper, int line);

// Access notes of the wrappers for the checked build; the line is the kernel's.
void note_read(const void* p, size_t n, int line);
void note_write(void* p, size_t n, int line);
void note_atomic(void* p, size_t n, int line);
#ifdef SIMT_CHECK
#define SIMT_NOTE(x) x
#else
#define SIMT_NOTE(x) ((void)0)
#endif

struct Kernel {
  const char* name;
  const char* file;
  void (*call)(void** args);
  int nargs;
  const uint16_t* sizes;
  int max_threads;
  Kernel* next;
  int max_dynamic;  // cuFuncSetAttribute 8
};
void add_kernel(Kernel*);
template <class F>
struct Tramp;
template <class... A>
struct Tramp<void (*)(A...)> {
  static constexpr int nargs = sizeof...(A);
  static const uint16_t* sizes() {
    static const uint16_t s[] = {uint16_t(sizeof(A))..., 0};
    return s;
  }
  template <void (*F)(A...), size_t... I>
  __attribute__((no_sanitize("thread"))) static void call(void** a, std::index_sequence<I...>) {
    F(*static_cast<std::remove_cv_t<A>*>(a[I])...);
  }
};
template <auto F, class T = Tramp<decltype(F)>>
__attribute__((no_sanitize("thread"))) void tramp(void** a) {
  T::template call<F>(a, std::make_index_sequence<T::nargs>());
}
struct Reg {
  Kernel k;
  Reg(const char* name, const char* file, void (*call)(void**), int nargs, const uint16_t* sizes, int max_threads)
      : k{name, file, call, nargs, sizes, max_threads, nullptr, 48 * 1024} {
    add_kernel(&k);
  }
};
}  // namespace simt

#ifdef SIMT_CHECK  // out of line, by value: nothing of it is instrumented
namespace simt {
uint3 tid_();
uint3 bid_();
dim3 bdim_();
dim3 gdim_();
}  // namespace simt
#define threadIdx (simt::tid_())
#define blockIdx (simt::bid_())
#define blockDim (simt::bdim_())
#define gridDim (simt::gdim_())
#else
#define threadIdx (simt::cur->tid)
#define blockIdx (simt::ids.bid)
#define blockDim (simt::ids.bdim)
#define gridDim (simt::ids.gdim)
#endif
#define warpSize 32

// KERNEL(name, maxThreads, (params)) { body } defines the function and registers it under its name.
// SIMT_VARIANT is a prefix of that name, set by variant.cpp.in for each specialisation.
#ifndef SIMT_VARIANT
#define SIMT_VARIANT ""
#endif
#define KERNEL(name, maxthreads, params)                                                                \
  void name params;                                                                                     \
  static simt::Reg simt_reg_##name(SIMT_VARIANT #name, __FILE__, &simt::tramp<&name>,                   \
                                   simt::Tramp<decltype(&name)>::nargs,                                 \
                                   simt::Tramp<decltype(&name)>::sizes(), maxthreads);                  \
  void name params
#define KERNEL_WIDE(name, maxthreads, params) KERNEL(name, maxthreads, params)

// SHARED(float, tile, [32][33]);   DYN_SHARED(float, buffer);
#define SHARED(type, name, dims)         \
  using name##_simt_t = type dims;       \
  static const char name##_simt_key = 0; \
  name##_simt_t& name =                  \
      *static_cast<name##_simt_t*>(simt::static_smem(&name##_simt_key, sizeof(name##_simt_t), 16))
#define DYN_SHARED(type, name) type* name = static_cast<type*>(simt::dyn_smem())
