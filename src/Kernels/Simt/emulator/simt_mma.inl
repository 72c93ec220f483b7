// simt_mma.inl - ldmatrix and mma.sync. Operands are scattered over the warp as the PTX manual draws them: g is the
// lane's group (0..7), t its place in the group (0..3).
namespace ptx {
using namespace simt;
// ---- ldmatrix: lanes 8q .. 8q+7 give the row addresses of matrix q
struct LdMsg {
  const void* const* rows;
  unsigned* r;
  int count;
  bool trans;
};
static void ldm_fn(void* const* p, uint32_t) {
  auto* m0 = static_cast<LdMsg*>(p[0]);
  for (int l = 1; l < 32; l++) {
    auto* m = static_cast<LdMsg*>(p[l]);
    if (m->count != m0->count || m->trans != m0->trans)
      fail("line %d: lanes of a warp ask for different ldmatrix instructions", cur->line);
  }
  for (int i = 0; i < m0->count; i++)
    for (int q = 0; q < 4; q++) {
      const unsigned short* rows[8];
      for (int k = 0; k < 8; k++)
        rows[k] = static_cast<const unsigned short*>(static_cast<LdMsg*>(p[q * 8 + k])->rows[i]);
      for (int l = 0; l < 32; l++) {
        int g = l >> 2, t = 2 * (l & 3);
        unsigned lo = m0->trans ? rows[t][g] : rows[g][t], hi = m0->trans ? rows[t + 1][g] : rows[g][t + 1];
        static_cast<LdMsg*>(p[l])->r[4 * i + q] = lo | hi << 16;
      }
    }
}
void ldmatrix_(unsigned* r, const void* const* rows, int count, bool trans, int line) {
  for (int i = 0; i < count; i++) {
    if (reinterpret_cast<uintptr_t>(rows[i]) & 15)
      fail_code(kMisaligned, "line %d: ldmatrix row address is not 16-byte aligned", line);
    smem_offset(rows[i], 16, line);
    SIMT_NOTE(note_read(rows[i], 16, line));
  }
  LdMsg m{rows, r, count, trans};
  collective(~0u, ldm_fn, &m, true, line);
}

// ---- mma.sync m16n8kX, MI x NJ of them in one rendezvous. f32 sums in the order of k, with fused multiply-add where
// the CPU has it.
struct TileMsg {
  float* d;
  const unsigned *a, *b;
  int mi, nj;
};
static inline float lo(unsigned u) { return __uint_as_float(u << 16); }
static inline float hi(unsigned u) { return __uint_as_float(u & 0xffff0000u); }
static inline float tf32(unsigned u) { return __uint_as_float(u & 0xffffe000u); }  // the low 13 bits are not read
typedef float v8 __attribute__((vector_size(32)));

template <int K>
static inline void multiply(float (&D)[16][8], const float (&A)[16][16], const float (&B)[16][8]) {
  for (int r = 0; r < 16; r += 4) {  // four rows of eight: g++ vectorises the plain loop three times slower
    v8 d0, d1, d2, d3;
    memcpy(&d0, D[r], 32);
    memcpy(&d1, D[r + 1], 32);
    memcpy(&d2, D[r + 2], 32);
    memcpy(&d3, D[r + 3], 32);
    for (int k = 0; k < K; k++) {
      v8 b;
      memcpy(&b, B[k], 32);
      d0 += A[r][k] * b;
      d1 += A[r + 1][k] * b;
      d2 += A[r + 2][k] * b;
      d3 += A[r + 3][k] * b;
    }
    memcpy(D[r], &d0, 32);
    memcpy(D[r + 1], &d1, 32);
    memcpy(D[r + 2], &d2, 32);
    memcpy(D[r + 3], &d3, 32);
  }
}
struct Bf16 {
  static constexpr int kK = 16;
  static void a(float (&A)[16][16], const unsigned* r, int g, int t) {
    for (int i = 0; i < 4; i++) {
      int row = g + 8 * (i & 1), col = 2 * t + 8 * (i >> 1);
      A[row][col] = lo(r[i]);
      A[row][col + 1] = hi(r[i]);
    }
  }
  static void b(float (&B)[16][8], const unsigned* r, int g, int t) {
    for (int i = 0; i < 2; i++) {
      B[2 * t + 8 * i][g] = lo(r[i]);
      B[2 * t + 8 * i + 1][g] = hi(r[i]);
    }
  }
};
struct Tf32 {
  static constexpr int kK = 8;
  static void a(float (&A)[16][16], const unsigned* r, int g, int t) {
    for (int i = 0; i < 4; i++) A[g + 8 * (i & 1)][t + 4 * (i >> 1)] = tf32(r[i]);
  }
  static void b(float (&B)[16][8], const unsigned* r, int g, int t) {
    for (int i = 0; i < 2; i++) B[t + 4 * i][g] = tf32(r[i]);
  }
};
template <class Type>
static void tile_fn(void* const* p, uint32_t) {
  auto* m0 = static_cast<TileMsg*>(p[0]);
  int MI = m0->mi, NJ = m0->nj;
  alignas(64) float A[16][16], B[32][16][8], D[16][8];
  for (int l = 0; l < 32; l++) {
    auto* m = static_cast<TileMsg*>(p[l]);
    if (m->mi != MI || m->nj != NJ) fail("line %d: lanes of a warp ask for different mma instructions", cur->line);
    for (int j = 0; j < NJ; j++) Type::b(B[j], m->b + 2 * j, l >> 2, l & 3);
  }
  for (int i = 0; i < MI; i++) {
    for (int l = 0; l < 32; l++) Type::a(A, static_cast<TileMsg*>(p[l])->a + 4 * i, l >> 2, l & 3);
    for (int j = 0; j < NJ; j++) {
      for (int l = 0; l < 32; l++) {
        const float* d = static_cast<TileMsg*>(p[l])->d + 4 * (i * NJ + j);
        memcpy(&D[l >> 2][2 * (l & 3)], d, 8);
        memcpy(&D[(l >> 2) + 8][2 * (l & 3)], d + 2, 8);
      }
      multiply<Type::kK>(D, A, B[j]);
      for (int l = 0; l < 32; l++) {
        float* d = static_cast<TileMsg*>(p[l])->d + 4 * (i * NJ + j);
        memcpy(d, &D[l >> 2][2 * (l & 3)], 8);
        memcpy(d + 2, &D[(l >> 2) + 8][2 * (l & 3)], 8);
      }
    }
  }
}
void mma_bf16_(float* d, const unsigned* a, const unsigned* b, int mi, int nj, int line) {
  if (nj > 32) fail("line %d: mma_tile: %d columns of tiles, at most 32", line, nj);
  TileMsg m{d, a, b, mi, nj};
  collective(~0u, tile_fn<Bf16>, &m, true, line);
}
void mma_tf32_(float* d, const unsigned* a, const unsigned* b, int mi, int nj, int line) {
  if (nj > 32) fail("line %d: mma_tile_tf32: %d columns of tiles, at most 32", line, nj);
  TileMsg m{d, a, b, mi, nj};
  collective(~0u, tile_fn<Tf32>, &m, true, line);
}
}  // namespace ptx
