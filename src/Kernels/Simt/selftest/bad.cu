// Kernels that are wrong on purpose: the checked build must report each, in every schedule. Blocks of 64 threads; o is
// not initialised, x holds 64 zeros. The comment names the text that the report must contain.
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


// ---- leaving
KERNEL(bad_leave_before_barrier, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  if (t == 63) return;
  __syncthreads();
  o[t] = x[t];
}

KERNEL(bad_leave_after_some, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  __syncthreads();
  o[t] = x[t];
  if (t < 32) return;
  __syncthreads();
}

KERNEL(bad_partial_warp_sum, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  if (t >= 48) return;
  o[t] = ptx::warp_sum(x[t]);
}

// ---- barriers
KERNEL(bad_named_counts, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  if (t < 32)
    ptx::bar_sync(1, 64);
  else
    ptx::bar_sync(1, 32);
  o[t] = x[t];
}

KERNEL(bad_arrive_is_no_wait, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  ptx::bar_arrive(1, 64);
  o[t] = s[63 - t];
}

KERNEL(bad_arrive_takes_no_clock, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  if (t < 32)
    ptx::bar_arrive(1, 64);
  else
    ptx::bar_sync(1, 64);
  o[t] = s[t ^ 32];
}

KERNEL(bad_barrier_number, 256, (float* o, const float* x)) {
  ptx::bar_sync(16, 64);
  o[threadIdx.x] = x[threadIdx.x];
}

KERNEL(bad_mbar_wait_forever, 256, (float* o, const float* x)) {
  SHARED(unsigned long long, bar, [1]);
  int t = threadIdx.x;
  if (t == 0) ptx::mbar_init(&bar[0], 65);
  __syncthreads();
  ptx::mbar_arrive(&bar[0]);
  ptx::mbar_wait(&bar[0], 0);
  o[t] = x[t];
}

KERNEL(bad_mbar_not_initialised, 256, (float* o, const float* x)) {
  SHARED(unsigned long long, bar, [1]);
  int t = threadIdx.x;
  if (t == 0) bar[0] = 0;
  __syncthreads();
  ptx::mbar_arrive(&bar[0]);
  o[t] = x[t];
}

KERNEL(bad_mbar_too_many, 256, (float* o, const float* x)) {
  SHARED(unsigned long long, bar, [1]);
  int t = threadIdx.x;
  if (t == 0) ptx::mbar_init(&bar[0], 65);
  __syncthreads();
  ptx::mbar_arrive(&bar[0]);
  if (t == 5) ptx::mbar_expect_tx(&bar[0], 16);
  __syncthreads();
  if (t == 6) ptx::mbar_arrive(&bar[0]);
  o[t] = x[t];
}

KERNEL(bad_mbar_no_wait, 256, (float* o, const float* x)) {
  SHARED(unsigned long long, bar, [1]);
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  if (t == 0) ptx::mbar_init(&bar[0], 32);
  __syncthreads();
  if (t < 32) {
    s[t] = x[t];
    ptx::mbar_arrive(&bar[0]);
  } else
    o[t] = s[t - 32];
}

// ---- bytes
KERNEL(bad_same_byte, 256, (float* o, const float* x)) {
  SHARED(unsigned, s, [64]);
  int t = threadIdx.x;
  auto* b = reinterpret_cast<unsigned char*>(s);
  b[t / 2] = 1;
  __syncthreads();
  o[t] = b[t / 2] + x[t];
}

KERNEL(bad_byte_read, 256, (float* o, const float* x)) {
  SHARED(unsigned, s, [64]);
  int t = threadIdx.x;
  auto* b = reinterpret_cast<unsigned char*>(s);
  if (t < 32) b[2 * t] = 1;
  __syncthreads();
  o[t] = b[t] + x[t];
}

// ---- wrappers name the kernel's line
KERNEL(bad_ldmatrix_unsynced, 256, (float* o, const float* x)) {
  SHARED(float, s, [256]);
  int t = threadIdx.x;
  for (int i = t; i < 256; i += 64) s[i] = x[i & 63];
  unsigned r[4];
  ptx::ldmatrix_x4(r, &s[(t & 31) * 4]);  // line of the report
  o[t] = __uint_as_float(r[0]);
}

KERNEL(bad_ldmatrix_align, 256, (float* o, const float* x)) {
  SHARED(float, s, [260]);
  int t = threadIdx.x;
  for (int i = t; i < 260; i += 64) s[i] = x[i & 63];
  __syncthreads();
  unsigned r[4];
  ptx::ldmatrix_x4(r, &s[(t & 31) * 4 + 1]);
  o[t] = __uint_as_float(r[0]);
}

KERNEL(bad_ldmatrix_global, 256, (float* o, const float* x)) {
  unsigned r[4];
  ptx::ldmatrix_x4(r, x);
  o[threadIdx.x] = __uint_as_float(r[0]);
}

KERNEL(bad_mma_in_half_warp, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  float d[4] = {};
  unsigned a[4] = {};
  if ((t & 31) < 16) ptx::mma_m16n8k16_bf16(d, a, 0, 0);
  o[t] = d[0] + x[t];
}

KERNEL(bad_different_sums, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  o[t] = (t & 1) ? ptx::warp_sum(x[t]) : ptx::warp_max(x[t]);
}

KERNEL(bad_shuffle_width, 256, (float* o, const float* x)) {
  o[threadIdx.x] = __shfl_xor_sync(0xffffffffu, x[threadIdx.x], 1, 12);
}

// ---- asynchronous copies
KERNEL(bad_cpasync_over_read, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  __syncthreads();
  o[t] = s[63 - t];
  if (t < 16) ptx::cp_async16(&s[t * 4], x + t * 4);
  ptx::cp_async_commit();
  ptx::cp_async_wait<0>();
}

KERNEL(bad_cpasync_twice, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  if (t < 32) ptx::cp_async16(&s[(t & 15) * 4], x + (t & 15) * 4);
  ptx::cp_async_commit();
  ptx::cp_async_wait<0>();
  __syncthreads();
  o[t] = s[t];
}

KERNEL(bad_cpasync_source, 256, (float* o, const float* x)) {
  SHARED(float, s, [256]);
  int t = threadIdx.x;
  ptx::cp_async16(&s[t * 4], x + t * 4);  // x ends after 64 floats
  ptx::cp_async_commit();
  ptx::cp_async_wait<0>();
  __syncthreads();
  o[t] = s[t];
}

// ---- atomics, limits
KERNEL(bad_blocks_atomic_and_plain, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  if (blockIdx.x == 0)
    o[t] = x[t];
  else
    atomicAdd(&o[t], x[t]);
}

KERNEL(bad_atomic_align, 256, (float* o, const float* x)) {
  auto* p = reinterpret_cast<int*>(reinterpret_cast<char*>(o) + 2);
  atomicAdd(p, 1);
  o[threadIdx.x] = x[threadIdx.x];
}

KERNEL(bad_static_shared, 256, (float* o, const float* x)) {
  SHARED(float, s, [12289]);
  s[threadIdx.x] = x[threadIdx.x];
  o[threadIdx.x] = s[threadIdx.x];
}

KERNEL(bad_misaligned_load, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  if (t < 32) o[t] = *reinterpret_cast<const float*>(reinterpret_cast<const char*>(x) + 4 * t + 2);
}

KERNEL(bad_host_pointer, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  o[t] = reinterpret_cast<const float*>(0x1000)[t] + x[t];
}
