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
static inline float operand(uint64_t desc, int row, int k, int line) {
  uint32_t a = desc_addr(desc, row, k);
  if (a + 2 > W->b.smem_used) fail_code(kOutOfBounds, "line %d: wgmma operand outside the block's shared memory", line);
  SIMT_NOTE(note_read(W->arena + a, 2, line));
  uint16_t h;
  memcpy(&h, W->arena + a, 2);
  return lo(h);
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
    for (int r = 0; r < 16; r++)
      for (int k = 0; k < 16; k++) A[r][k] = operand(op.a, 16 * w + r, k, op.line);
    for (int n = 0; n < N; n++)
      for (int k = 0; k < 16; k++) B[k][n] = operand(op.b, n, k, op.line);
    for (int l = 0; l < 32; l++) {
      auto* q = static_cast<WgMsg*>(p[l])->q;
      if (q->size() <= done) fail("line %d: wgmma: lanes of a warp issued different numbers of products", op.line);
      auto& o = (*q)[done];
      if (o.a != op.a || o.b != op.b || o.n != N || o.group != op.group)
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
void wgmma_(float* d, int n, u64 a, u64 b, int scale_d, int line) {
  need_arch(90, "wgmma", line);
  auto& s = s90();
  unsigned t = cur->linear;
  s.wg[t].push_back({d, a, b, n, scale_d, line, s.committed[t]});
}
u64 wgmma_desc(const void* p, unsigned lbo, unsigned sbo, unsigned swizzle, int line) {
  u64 a = smem_offset(p, 16, line);
  return (a >> 4 & 0x3fff) | u64(lbo >> 4) << 16 | u64(sbo >> 4) << 32 | u64(swizzle) << 62;
}
}  // namespace ptx
