// Kernels that the tests of the driver functions launch: bulk copies and warpgroup products, arguments, faults.
#include "simt.h"

// One 64x64 tile, D = A Bᵀ with 64 columns of k: two bulk copies, four warpgroup products. 160 threads.
KERNEL(tile_wgmma, 160, (float* o, const __grid_constant__ ptx::TmaMap ta, const __grid_constant__ ptx::TmaMap tb)) {
  DYN_SHARED(unsigned char, s);
  SHARED(unsigned long long, full, [1]);
  int t = threadIdx.x, lane = t & 31, warp = t >> 5;
  if (t == 0) {
    ptx::mbar_init(&full[0], 1);
    ptx::mbar_fence_init();
  }
  __syncthreads();
  if (warp == 4) {
    if (lane == 0) {
      ptx::mbar_expect_tx(&full[0], 2 * 8192);
      ptx::tma_load_2d(s, &ta, 0, 0, &full[0]);
      ptx::tma_load_2d(s + 8192, &tb, 0, 0, &full[0]);
    }
    return;
  }
  float d[32] = {};
  ptx::mbar_wait(&full[0], 0);
  unsigned long long da = ptx::wgmma_desc(s, 16, 1024, 1), db = ptx::wgmma_desc(s + 8192, 16, 1024, 1);
  ptx::wgmma_fence();
  for (int k = 0; k < 4; k++) ptx::wgmma_m64n64k16_bf16(d, da + k * 2, db + k * 2);
  ptx::wgmma_commit();
  ptx::wgmma_wait<0>();
  for (int i = 0; i < 32; i++)
    o[(warp * 16 + (lane >> 2) + 8 * ((i / 2) & 1)) * 64 + 8 * (i / 4) + 2 * (lane & 3) + (i & 1)] = d[i];
}

// The same with both operands along m and n in memory: rows of k, 64 columns of m, 128 of n in two blocks.
KERNEL(tile_wgmma_across, 160, (float* o, const __grid_constant__ ptx::TmaMap ta, const __grid_constant__ ptx::TmaMap tb)) {
  DYN_SHARED(unsigned char, s);
  SHARED(unsigned long long, full, [1]);
  int t = threadIdx.x, lane = t & 31, warp = t >> 5;
  if (t == 0) ptx::mbar_init(&full[0], 1);
  __syncthreads();
  if (warp == 4) {
    if (lane == 0) {
      ptx::mbar_expect_tx(&full[0], 3 * 8192);
      ptx::tma_load_2d(s, &ta, 0, 0, &full[0]);
      ptx::tma_load_2d(s + 8192, &tb, 0, 0, &full[0]);
      ptx::tma_load_2d(s + 16384, &tb, 64, 0, &full[0]);
    }
    return;
  }
  float d[64] = {};
  ptx::mbar_wait(&full[0], 0);
  unsigned long long da = ptx::wgmma_desc(s, 16, 1024, 1), db = ptx::wgmma_desc(s + 8192, 8192, 1024, 1);
  ptx::wgmma_fence();
  for (int k = 0; k < 4; k++) ptx::wgmma_m64n128k16_bf16<1, 1>(d, da + k * 128, db + k * 128);
  ptx::wgmma_commit();
  ptx::wgmma_wait<0>();
  for (int i = 0; i < 64; i++)
    o[(warp * 16 + (lane >> 2) + 8 * ((i / 2) & 1)) * 128 + 8 * (i / 4) + 2 * (lane & 3) + (i & 1)] = d[i];
}

// ---- arguments and faults
KERNEL(write_value, 256, (float* o, float value, int n)) {
  int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) o[i] = value;
}
KERNEL(add_one, 256, (float* o, const float* from, int n)) {
  int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) o[i] = from[i] + 1.f;
}
struct Mixed {
  double d;
  int i;
  char c[12];
};
KERNEL(mixed_arguments, 32, (float* o, char a, Mixed m, long long n, short s)) {
  if (threadIdx.x == 0) o[0] = float(a) + float(m.d) + float(m.i) + float(m.c[11]) + float(n) + float(s);
}
KERNEL(reads_past_end, 64, (float* o, const float* x)) { o[threadIdx.x] = x[64 + threadIdx.x]; }
KERNEL(reads_far, 64, (float* o, const float* x)) { o[threadIdx.x] = x[16384 + 8192 + threadIdx.x]; }
KERNEL(misaligned, 32, (float* o)) { ptx::st128(o + 1, make_float4(0, 0, 0, 0)); }
KERNEL(deadlock, 64, (float* o)) {
  if (threadIdx.x < 32) ptx::bar_sync(1, 64);
  o[threadIdx.x] = 0;
}
KERNEL(uses_wgmma, 128, (float* o)) {
  float d[32] = {};
  ptx::wgmma_m64n64k16_bf16(d, 0, 0);
  o[0] = d[0];
}
