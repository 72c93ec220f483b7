// Kernels that are wrong on purpose (bad_*) and their correct neighbours (good_*), one block of 64 threads each.
// Test of the emulator itself; see selftest.cpp.
#include "simt.h"

KERNEL(bad_missing_sync, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  o[t] = s[63 - t];
}

KERNEL(bad_war, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  __syncthreads();
  float v = s[63 - t];
  s[t] = v * 2;
  __syncthreads();
  o[t] = s[t];
}

KERNEL(bad_uninit, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  if (t != 5) s[t] = x[t];
  __syncthreads();
  o[t] = s[t];
}

KERNEL(bad_oob_shared, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t + 1] = x[t];
  __syncthreads();
  o[t] = s[t + 1];
}

KERNEL(bad_oob_global, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  o[t] = x[t + 1];
}

KERNEL(bad_blocks, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  o[t] += x[t];
}

KERNEL(good_blocks_atomic, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  atomicAdd(&o[t], x[t]);
}

KERNEL(bad_divergent, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  if (t < 40)
    __syncthreads();
  else {
    o[t] = x[t];
    __syncthreads();
  }
  o[t] = x[t];
}

KERNEL(bad_deadlock, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  for (int i = 0; i < (t < 32 ? 1 : 2); i++) {
    if (i)
      ptx::bar_sync(1, 64);
    else
      __syncthreads();
  }
  o[t] = x[t];
}

KERNEL(bad_nosyncwarp, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  o[t] = s[t ^ 1];
}

KERNEL(good_syncwarp, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  __syncwarp();
  o[t] = s[t ^ 1];
}

KERNEL(bad_shfl_nofence, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  float v = __shfl_xor_sync(~0u, x[t], 1);
  o[t] = s[t ^ 1] + v;
}

KERNEL(bad_cpasync_nowait, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  if (t < 16) ptx::cp_async16(&s[t * 4], x + t * 4);
  ptx::cp_async_commit();
  __syncthreads();
  o[t] = s[t];
}

KERNEL(bad_cpasync_nosync, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  if (t < 16) ptx::cp_async16(&s[t * 4], x + t * 4);
  ptx::cp_async_commit();
  ptx::cp_async_wait<0>();
  o[t] = s[t];
}

KERNEL(bad_align, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  if (t < 8) ptx::st128(o + t * 4, ptx::ld128<float4>(x + t * 4 + 1));
}

KERNEL(bad_mask, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  float v = x[t];
  if (t & 1)
    v += __shfl_xor_sync(0xffffffffu, v, 2);
  else
    v += __shfl_xor_sync(0x55555555u, v, 2);
  o[t] = v;
}

KERNEL(bad_shfl_div, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  float v = x[t];
  if (t < 16) v += __shfl_xor_sync(0xffffffffu, v, 2);
  o[t] = v;
}

KERNEL(bad_null, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  o[t] = *(x - 1000000 + t);
}

KERNEL(bad_uninit_global, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  o[t] += 1.f;
}

KERNEL(good_named, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  ptx::bar_sync(1, 64);
  o[t] = s[63 - t];
}

KERNEL(bad_named_wrong_pair, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  ptx::bar_sync(1 + (t >> 5), 32);
  o[t] = s[63 - t];
}

KERNEL(bad_bf16_neighbour, 256, (float* o, const float* x)) {
  SHARED(unsigned, s, [64]);
  int t = threadIdx.x;
  auto* h = reinterpret_cast<unsigned short*>(s);
  h[t] = 1;
  h[(t + 1) & 63] = 2;
  __syncthreads();
  o[t] = h[t];
}

KERNEL(good_bf16_neighbour, 256, (float* o, const float* x)) {
  SHARED(unsigned, s, [64]);
  int t = threadIdx.x;
  auto* h = reinterpret_cast<unsigned short*>(s);
  h[t] = 1;
  __syncthreads();
  o[t] = h[63 - t];
}
