// simt_wgmma.inl - warpgroup products: queued, done at wgmma_wait. Each warp owns 16 of the 64 rows, so the four warps
// need not meet. The descriptors are decoded, so that a kernel's arithmetic on them is tested.
namespace ptx {
void wgmma_commit() { s90().committed[cur->linear]++; }
struct WgMsg {
  std::vector<WgOp>* q;
  unsigned upto;
};
// Shared-memory address of element (row, k) of a K-major operand. Swizzles: 1 = 128, 2 = 64, 3 = 32 bytes, 0 none.
static inline uint32_t desc_addr(uint64_t d, int row, int k) {
  uint32_t start = uint32_t(d & 0x3fff) << 4, lbo = uint32_t((d >> 16) & 0x3fff) << 4,
           sbo = uint32_t((d >> 32) & 0x3fff) << 4, r = uint32_t(row), c = uint32_t(k);
  int swizzle = int(d >> 62);
  if (swizzle == 0) return start + (r >> 3) * sbo + (c >> 3) * lbo + (r & 7) * 16 + (c & 7) * 2;
  uint32_t pitch = 256u >> swizzle, mask = (8u >> (swizzle - 1)) - 1;
  uint32_t a = start + (r >> 3) * sbo + (r & 7) * pitch + c * 2;
  return a ^ ((a >> 7) & mask) << 4;
}
// The same for an operand along m or n, swizzle of 128 bytes: blocks of 64 rows, lbo apart, of groups of 8 k, sbo apart.
static inline uint32_t desc_addr_across(uint64_t d, int row, int k) {
  uint32_t start = uint32_t(d & 0x3fff) << 4, lbo = uint32_t((d >> 16) & 0x3fff) << 4,
           sbo = uint32_t((d >> 32) & 0x3fff) << 4, r = uint32_t(row), c = uint32_t(k);
  uint32_t a = start + (r >> 6) * lbo + (c >> 3) * sbo + (c & 7) * 128 + (r & 63) * 2;
  return a ^ ((a >> 7) & 7) << 4;
}
// Elements (row .. row + rows - 1, 0 .. 15) of an operand, to out[row * row_step + k * k_step]. 16 bytes at a time: a
// swizzle moves nothing smaller.
static void operand(uint64_t desc, bool across, int row, int rows, float* out, int row_step, int k_step, int line) {
  if (across && desc >> 62 != 1) fail("line %d: wgmma: an operand along m or n needs the swizzle of 128 bytes", line);
  for (int i = 0; i < rows * 2; i++) {
    int r = across ? i / 16 * 8 : i / 2, k = across ? i % 16 : i % 2 * 8;
    uint32_t a = across ? desc_addr_across(desc, row + r, k) : desc_addr(desc, row + r, k);
    if (a + 16 > W->b.smem_used)
      fail_code(kOutOfBounds, "line %d: wgmma operand outside the block's shared memory", line);
    SIMT_NOTE(note_read(W->arena + a, 16, line));
    uint16_t h[8];
    memcpy(h, W->arena + a, 16);
    for (int e = 0; e < 8; e++) out[(across ? r + e : r) * row_step + (across ? k : k + e) * k_step] = lo(h[e]);
  }
}
// Position of register i of a lane in the warp's 16 rows.
static inline int wg_row(int lane, int i) { return lane / 4 + 8 * ((i / 2) & 1); }
static inline int wg_column(int lane, int i) { return 8 * (i / 4) + 2 * (lane & 3) + (i & 1); }
static void wg_fn(void* const* p, uint32_t) {
  auto* m0 = static_cast<WgMsg*>(p[0]);
  int w = cur->warp->index & 3;
  size_t done = 0;
  for (auto& op : *m0->q) {
    if (op.group >= m0->upto) break;
    int N = op.n;
    float A[16][16], B[16][256], D[16][256];
    operand(op.a, op.a_across, 16 * w, 16, A[0], 16, 1, op.line);
    operand(op.b, op.b_across, 0, N, B[0], 1, 256, op.line);
    for (int l = 0; l < 32; l++) {
      auto* q = static_cast<WgMsg*>(p[l])->q;
      if (q->size() <= done) fail("line %d: wgmma: lanes of a warp issued different numbers of products", op.line);
      auto& o = (*q)[done];
      if (o.a != op.a || o.b != op.b || o.n != N || o.group != op.group ||
          o.a_across != op.a_across || o.b_across != op.b_across)
        fail("line %d: wgmma: lanes of a warp disagree about the descriptors", op.line);
      for (int i = 0; i < N / 2; i++) D[wg_row(l, i)][wg_column(l, i)] = op.scale_d ? o.d[i] : 0.f;
    }
    for (int r = 0; r < 16; r++)
      for (int k = 0; k < 16; k++) {
        float a = A[r][k];
        for (int n = 0; n < N; n++) D[r][n] += a * B[k][n];
      }
    for (int l = 0; l < 32; l++) {
      auto& o = (*static_cast<WgMsg*>(p[l])->q)[done];
      for (int i = 0; i < N / 2; i++) o.d[i] = D[wg_row(l, i)][wg_column(l, i)];
    }
    done++;
  }
  for (int l = 0; l < 32; l++) {
    auto* q = static_cast<WgMsg*>(p[l])->q;
    q->erase(q->begin(), q->begin() + long(done));
  }
}
void wgmma_wait_(unsigned pending, int line) {
  auto& s = s90();
  unsigned t = cur->linear, c = s.committed[t];
  WgMsg m{&s.wg[t], c > pending ? c - pending : 0};
  collective(~0u, wg_fn, &m, true, line);
}
void wgmma_(float* d, int n, u64 a, u64 b, int scale_d, int line, bool a_across, bool b_across) {
  need_arch(90, "wgmma", line);
  auto& s = s90();
  unsigned t = cur->linear;
  s.wg[t].push_back({d, a, b, n, scale_d, line, s.committed[t], a_across, b_across});
}
u64 wgmma_desc(const void* p, unsigned lbo, unsigned sbo, unsigned swizzle, int line) {
  u64 a = smem_offset(p, 16, line);
  return (a >> 4 & 0x3fff) | u64(lbo >> 4) << 16 | u64(sbo >> 4) << 32 | u64(swizzle) << 62;
}
}  // namespace ptx
