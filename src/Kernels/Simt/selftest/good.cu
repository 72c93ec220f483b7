// Kernels that are right: nothing may be reported, in any schedule, and o[t] must be 1 for all 64 threads of each block.
// Each checks a wrapper or a function against plain arithmetic. x holds 64 zeros, o 64 zeros where blocks add to it.
#include "simt.h"

#define ALL 0xffffffffu
__device__ inline float one_if(bool ok) { return ok ? 1.f : 0.f; }

// ---- barriers
KERNEL(good_barrier, 256, (float* o, const float* x)) {
  SHARED(int, s, [64]);
  int t = threadIdx.x;
  s[t] = t;
  __syncthreads();
  o[t] = one_if(s[63 - t] == 63 - t && x[t] == 0);
}

KERNEL(good_syncwarp, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  __syncwarp();
  o[t] = one_if(s[t ^ 1] == 0);
}

KERNEL(good_named, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  s[t] = x[t];
  ptx::bar_sync(1, 64);
  o[t] = one_if(s[63 - t] == 0);
}

KERNEL(good_producer_consumer, 256, (float* o, const float* x)) {  // bar.arrive gives, bar.sync takes
  SHARED(float, s, [32]);
  int t = threadIdx.x;
  o[t] = 1.f;
  float got = 0;
  for (int i = 0; i < 3; i++) {
    if (t < 32) {
      ptx::bar_sync(2, 64);  // free
      s[t] = x[t] + float(i);
      ptx::bar_arrive(1, 64);  // full
    } else {
      ptx::bar_arrive(2, 64);
      ptx::bar_sync(1, 64);
      got += s[63 - t];
    }
  }
  if (t >= 32) o[t] = one_if(got == 3.f);
}

KERNEL(good_whole_warp_leaves, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  o[t] = 1.f;
  if (t < 32) return;
  o[t] = one_if(ptx::warp_sum(1.f + x[t]) == 32.f);
}

KERNEL(good_mbarrier, 256, (float* o, const float* x)) {
  SHARED(unsigned long long, bar, [2]);
  SHARED(float, s, [32]);
  int t = threadIdx.x;
  if (t < 2) ptx::mbar_init(&bar[t], 32);
  __syncthreads();
  float got = 0;
  for (int i = 0; i < 3; i++) {
    if (t < 32) {
      if (i) ptx::mbar_wait(&bar[1], (i - 1) & 1);
      s[t] = x[t] + float(i);
      ptx::mbar_arrive(&bar[0]);
    } else {
      ptx::mbar_wait(&bar[0], i & 1);
      got += s[63 - t];
      ptx::mbar_arrive(&bar[1]);
    }
  }
  o[t] = one_if(got == (t < 32 ? 0.f : 3.f));
}

// ---- shared memory
KERNEL(good_bf16_neighbour, 256, (float* o, const float* x)) {
  SHARED(unsigned, s, [64]);
  int t = threadIdx.x;
  auto* h = reinterpret_cast<unsigned short*>(s);
  h[t] = 1;
  __syncthreads();
  o[t] = h[63 - t] + x[t];
}

KERNEL(good_byte_neighbour, 256, (float* o, const float* x)) {
  SHARED(unsigned, s, [16]);
  int t = threadIdx.x;
  auto* b = reinterpret_cast<unsigned char*>(s);
  for (int i = 0; i < 2; i++) {
    b[t] = (unsigned char)(t + i);
    __syncthreads();
    o[t] = one_if(b[63 - t] == 63 - t + i && x[t] == 0);
    __syncthreads();
  }
}

__device__ inline int rotate(int v) {
  SHARED(int, kept, [64]);
  int t = threadIdx.x;
  __syncthreads();
  kept[t] = v;
  __syncthreads();
  return kept[(t + 1) & 63];
}
KERNEL(good_shared_kinds, 256, (float* o, const float* x)) {  // launched with 512 bytes of dynamic shared memory
  DYN_SHARED(double, d);
  SHARED(int, s, [2][32]);
  int t = threadIdx.x;
  d[t] = t;
  s[t & 1][t >> 1] = t;
  __syncthreads();
  int v = rotate(rotate(t));
  o[t] = one_if(d[63 - t] == 63 - t && s[1][31] == 63 && v == ((t + 2) & 63) && x[t] == 0);
}

// ---- lanes
KERNEL(good_shuffles, 256, (float* o, const float* x)) {
  int t = threadIdx.x, lane = t & 31;
  bool ok = __shfl_sync(ALL, lane, 7) == 7 && __shfl_sync(ALL, lane, 3, 8) == (lane & ~7) + 3;
  ok &= __shfl_up_sync(ALL, lane, 1) == (lane ? lane - 1 : 0);
  ok &= __shfl_down_sync(ALL, lane, 2, 16) == ((lane & 15) > 13 ? lane : lane + 2);
  ok &= __shfl_xor_sync(ALL, unsigned(lane), 5) == unsigned(lane ^ 5);
  ok &= __shfl_xor_sync(ALL, 0.5 + lane, 16) == 0.5 + (lane ^ 16);
  ok &= __shfl_xor_sync(ALL, 1.f + lane, 2) == 1.f + (lane ^ 2);
  ok &= __shfl_sync(ALL, (long long)lane << 40, 9) == 9ll << 40;
  ok &= __shfl_sync(ALL, 1ull << lane, 31) == 1ull << 31;
  o[t] = one_if(ok && x[t] == 0);
}

KERNEL(good_votes, 256, (float* o, const float* x)) {
  int t = threadIdx.x, lane = t & 31;
  bool ok = __ballot_sync(ALL, lane & 1) == 0xaaaaaaaau && __any_sync(ALL, lane == 3) && !__any_sync(ALL, lane == 32);
  ok &= __all_sync(ALL, lane < 32) && !__all_sync(ALL, lane < 31);
  ok &= __reduce_add_sync(ALL, lane) == 496 && __reduce_min_sync(ALL, lane - 9) == -9;
  ok &= __reduce_max_sync(ALL, unsigned(lane)) == 31u && __reduce_or_sync(ALL, 1u << lane) == ALL;
  ok &= __reduce_and_sync(ALL, ~(1u << lane)) == 0 && __reduce_max_sync(ALL, lane - 40) == -9;
  ok &= __reduce_min_sync(ALL, 40u - unsigned(lane)) == 9u && __reduce_add_sync(ALL, 1u << lane) == ALL;
  o[t] = one_if(ok && x[t] == 0);
}

KERNEL(good_warp_sums, 256, (float* o, const float* x)) {
  int t = threadIdx.x, lane = t & 31;
  float v = 1.f / float(lane + 1), s = v;
  double w = 1.0 / (lane + 1), r = w;
  for (int i = 16; i > 0; i >>= 1) {
    s += __shfl_xor_sync(ALL, s, i);
    r += __shfl_xor_sync(ALL, r, i);
  }
  bool ok = ptx::warp_sum(v) == s && ptx::warp_sum(w) == r && ptx::warp_sum(lane) == 496;
  ok &= ptx::warp_max(lane == 17 ? 3.f : -1.f) == 3.f && ptx::warp_max(-float(lane)) == 0.f;
  o[t] = one_if(ok && x[t] == 0);
}

KERNEL(good_blocks_atomic, 256, (float* o, const float* x)) {  // 3 blocks; o starts at 0
  int t = threadIdx.x;
  atomicAdd(&o[t], x[t] + (blockIdx.x == 0 ? 1.f : 0.f));
}

KERNEL(good_atomics, 256, (float* o, const float* x)) {
  SHARED(int, i, [4]);
  SHARED(unsigned long long, l, [2]);
  SHARED(double, d, [1]);
  SHARED(long long, m, [2]);
  int t = threadIdx.x;
  if (t == 0) {
    i[0] = 0, i[1] = 100, i[2] = -100, i[3] = 0;
    l[0] = 0, l[1] = 0, d[0] = 0, m[0] = 1ll << 50, m[1] = -(1ll << 50);
  }
  __syncthreads();
  atomicAdd(&i[0], t);
  atomicMin(&i[1], t - 5);
  atomicMax(&i[2], t);
  atomicOr(&i[3], 1 << (t & 31));
  atomicAdd(&l[0], 1ull << 33);
  atomicMax(&l[1], (unsigned long long)t << 40);
  atomicAdd(&d[0], 0.5);
  atomicMin(&m[0], (long long)t - 5);
  atomicMax(&m[1], (long long)t);
  __syncthreads();
  bool ok = i[0] == 2016 && i[1] == -5 && i[2] == 63 && i[3] == -1 && l[0] == 64ull << 33 && l[1] == 63ull << 40;
  ok &= d[0] == 32.0 && m[0] == -5 && m[1] == 63;
  __syncthreads();
  auto* u = reinterpret_cast<unsigned*>(i);
  if (t == 9) u[0] = 7;
  __syncthreads();
  if (t == 11) ok &= atomicCAS(&u[0], 7u, 8u) == 7u && atomicCAS(&u[0], 7u, 9u) == 8u && atomicExch(&u[0], 1u) == 8u;
  o[t] = one_if(ok && x[t] == 0);
}

// ---- bits and numbers
KERNEL(good_bits, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  bool ok = __umulhi(0x80000000u, 6u) == 3u && __mulhi(-2, 1 << 30) == -1 && __umul64hi(1ull << 63, 6ull) == 3ull;
  ok &= __popc(0xf0f0u) == 8 && __popcll(~0ull) == 64 && __clz(1) == 31 && __clz(0) == 32 && __clz(-1) == 0;
  ok &= __clzll(1ll << 40) == 23 && __clzll(0) == 64 && __ffs(8) == 4 && __ffs(0) == 0 && __brev(1u) == 0x80000000u;
  ok &= __funnelshift_l(0x80000000u, 1u, 1) == 3u && __funnelshift_r(1u, 1u, 1) == 0x80000000u;
  ok &= __float_as_uint(1.f) == 0x3f800000u && __uint_as_float(0x40000000u) == 2.f;
  ok &= __float2int_rn(2.5f) == 2 && __float2int_rn(3.5f) == 4 && __float2int_rz(-2.9f) == -2;
  ok &= __float2int_rd(-2.1f) == -3 && __float2int_ru(2.1f) == 3;
  ok &= __float2int_rn(1e20f) == 2147483647 && __float2int_rn(__uint_as_float(0x7fc00000u)) == 0;
  ok &= min(3, 4) == 3 && max(3ll, 4) == 4 && min(2u, 7) == 2u && min(1.5f, 0.5f) == 0.5f;
  ok &= max(__uint_as_float(0x7fc00000u), 1.f) == 1.f && fmaxf(1.f, __uint_as_float(0x7fc00000u)) == 1.f;
  o[t] = one_if(ok && x[t] == 0);
}

KERNEL(good_conversions, 256, (float* o, const float* x)) {
  int t = threadIdx.x;
  bool ok = ptx::bf16_rn(0x3f808000u) == 0x3f80 && ptx::bf16_rn(0x3f818000u) == 0x3f82;  // ties to even
  ok &= ptx::bf16_rn(0x3f808001u) == 0x3f81 && ptx::bf16_rn(0x7f7fffffu) == 0x7f80 && ptx::bf16_rn(0xff800000u) == 0xff80;
  ok &= ptx::bf16_rn(0x7f800001u) == 0x7fff && ptx::bf16_rn(1u) == 0 && ptx::bf16_rn(0x80000000u) == 0x8000;
  ok &= ptx::pack_bf16x2(1.f, -2.f) == 0xc0003f80u;
  ok &= ptx::tf32_rna(__uint_as_float(0x3f801000u)) == 0x3f802000u && ptx::tf32_rna(__uint_as_float(0x3f800fffu)) == 0x3f800000u;
  ok &= ptx::tf32_rna(__uint_as_float(0x7f800000u)) == 0x7f800000u && ptx::exp2_approx(-3.f) == 0.125f;
  o[t] = one_if(ok && x[t] == 0);
}

KERNEL(good_wide_access, 256, (float* o, const float* x)) {
  SHARED(float, s, [64]);
  int t = threadIdx.x;
  if (t < 16) ptx::st128(&s[4 * t], make_float4(float(t), 1.f, 2.f, 3.f));
  __syncthreads();
  float4 v = ptx::ld128<float4>(&s[4 * (t >> 2)]), z = ptx::ld128<float4>(x + 4 * (t >> 2));
  o[t] = one_if(v.x == float(t >> 2) && v.w == 3.f && z.y == 0 && __ldg(x + t) == 0);
}

// ---- asynchronous copies
KERNEL(good_cp_async, 256, (float* o, const float* x)) {  // x: zeros
  SHARED(float, s, [3][64]);
  SHARED(float, q, [64]);
  int t = threadIdx.x;
  bool ok = true;
  q[t] = 5.f;
  __syncthreads();
  for (int i = 0; i < 3; i++) {
    if (t < 16) ptx::cp_async16(&s[i][t * 4], x + t * 4);
    ptx::cp_async_commit();
  }
  ptx::cp_async4(&q[t], x, false);  // nothing read, zeros written
  ptx::cp_async_commit();
  ptx::cp_async_wait<2>();
  __syncthreads();
  ok &= s[0][63 - t] == 0 && s[1][63 - t] == 0;
  ptx::cp_async_wait<0>();
  __syncthreads();
  o[t] = one_if(ok && s[2][63 - t] == 0 && q[63 - t] == 0);
}

// ---- tensor core operands
KERNEL(good_ldmatrix, 256, (float* o, const float* x)) {  // four 8x8 matrices, element = 100 * matrix + 8 * row + column
  SHARED(unsigned short, s, [32][8]);
  int t = threadIdx.x, lane = t & 31, g = lane >> 2, c = 2 * (lane & 3);
  for (int i = t; i < 256; i += 64) s[i >> 3][i & 7] = (unsigned short)(100 * (i >> 6) + (i & 63));
  __syncthreads();
  unsigned r[4], u[4], v[2][4], w[1][4];
  ptx::ldmatrix_x4(r, s[lane]);
  ptx::ldmatrix_x4_trans(u, s[lane]);
  const void* rows[2] = {s[lane], s[lane ^ 8]};
  const void* row[1] = {s[lane]};
  ptx::ldmatrix_tile(v, rows);
  ptx::ldmatrix_tile_trans(w, row);
  bool ok = true;
  for (int m = 0; m < 4; m++) {
    unsigned plain = 100u * m + 8u * g + c, swapped = 100u * m + 8u * c + g;
    ok &= r[m] == (plain | (plain + 1) << 16) && u[m] == (swapped | (swapped + 8) << 16);
    ok &= v[0][m] == r[m] && v[1][m] == (m & 1 ? r[m] - 100u * 0x10001u : r[m] + 100u * 0x10001u) && w[0][m] == u[m];
  }
  o[t] = one_if(ok && x[t] == 0);
}

__device__ inline float a_at(int i, int k) { return float((3 * i + 5 * k) % 11 - 5); }
__device__ inline float b_at(int k, int j) { return float((7 * k + 2 * j) % 13 - 6); }
__device__ inline float product(int i, int j, int depth) {
  float s = float(i - j);  // what the accumulator holds before
  for (int k = 0; k < depth; k++) s += a_at(i, k) * b_at(k, j);
  return s;
}
KERNEL(good_mma_bf16, 256, (float* o, const float* x)) {  // 32x16 by 16x24, small integers: exact
  int t = threadIdx.x, lane = t & 31, g = lane >> 2, c = 2 * (lane & 3);
  unsigned a[2][4], b[3][2];
  float d[2][3][4], e[4];
  for (int m = 0; m < 2; m++)
    for (int i = 0; i < 4; i++) {
      int row = 16 * m + g + 8 * (i & 1), k = c + 8 * (i >> 1);
      a[m][i] = ptx::pack_bf16x2(a_at(row, k), a_at(row, k + 1));
    }
  for (int n = 0; n < 3; n++)
    for (int i = 0; i < 2; i++) b[n][i] = ptx::pack_bf16x2(b_at(c + 8 * i, 8 * n + g), b_at(c + 8 * i + 1, 8 * n + g));
  for (int m = 0; m < 2; m++)
    for (int n = 0; n < 3; n++)
      for (int i = 0; i < 4; i++) d[m][n][i] = float(16 * m + g + 8 * (i >> 1) - (8 * n + c + (i & 1)));
  for (int i = 0; i < 4; i++) e[i] = d[1][2][i];
  ptx::mma_tile(d, a, b);
  ptx::mma_m16n8k16_bf16(e, a[1], b[2][0], b[2][1]);
  bool ok = true;
  for (int m = 0; m < 2; m++)
    for (int n = 0; n < 3; n++)
      for (int i = 0; i < 4; i++) ok &= d[m][n][i] == product(16 * m + g + 8 * (i >> 1), 8 * n + c + (i & 1), 16);
  for (int i = 0; i < 4; i++) ok &= e[i] == d[1][2][i];
  o[t] = one_if(ok && x[t] == 0);
}

KERNEL(good_mma_tf32, 256, (float* o, const float* x)) {  // 16x8 by 8x16
  int t = threadIdx.x, lane = t & 31, g = lane >> 2, c = lane & 3;
  unsigned a[1][4], b[2][2];
  float d[1][2][4], e[4];
  for (int i = 0; i < 4; i++) a[0][i] = ptx::tf32_rna(a_at(g + 8 * (i & 1), c + 4 * (i >> 1)));
  for (int n = 0; n < 2; n++)
    for (int i = 0; i < 2; i++) b[n][i] = ptx::tf32_rna(b_at(c + 4 * i, 8 * n + g));
  for (int n = 0; n < 2; n++)
    for (int i = 0; i < 4; i++) d[0][n][i] = float(g + 8 * (i >> 1) - (8 * n + 2 * c + (i & 1)));
  for (int i = 0; i < 4; i++) e[i] = d[0][1][i];
  ptx::mma_tile_tf32(d, a, b);
  ptx::mma_m16n8k8_tf32(e, a[0], b[1][0], b[1][1]);
  bool ok = true;
  for (int n = 0; n < 2; n++)
    for (int i = 0; i < 4; i++) ok &= d[0][n][i] == product(g + 8 * (i >> 1), 8 * n + 2 * c + (i & 1), 8);
  for (int i = 0; i < 4; i++) ok &= e[i] == d[0][1][i];
  o[t] = one_if(ok && x[t] == 0);
}
