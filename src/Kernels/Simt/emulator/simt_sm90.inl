// simt_sm90.inl - mbarrier and bulk tensor copies (TMA). A copy completes only when no thread of the block can run any
// more, so that a missing wait shows as wrong data or as a race.
namespace simt {
struct MBar {
  ptx::u64* addr;
  uint32_t expected, pending;
  int64_t tx;
  uint32_t phase;
  uint32_t vc[32];
};
struct MWait {
  int bar;
  uint32_t parity;
  Thread* t;
};
struct TmaOp {
  void* dst;
  ptx::TmaMap map;
  int x, y, bar;
  Thread* by;
  uint32_t clk;
  int line;
};
struct WgOp {
  float* d;
  uint64_t a, b;
  int n, scale_d, line;
  unsigned group;
  bool a_across, b_across;
};
struct Sm90 {
  std::vector<MBar> bars;
  std::vector<MWait> waits;
  std::deque<TmaOp> tma;
  std::vector<WgOp> wg[1024];
  unsigned committed[1024] = {};
  bool used = false;
};
static thread_local Sm90* S90 __attribute__((tls_model("initial-exec"))) = nullptr;
static Sm90& s90() {
  if (!S90) S90 = new Sm90;
  S90->used = true;
  return *S90;
}
static void sm90_reset() {
  if (!S90 || !S90->used) return;
  S90->bars.clear();
  S90->waits.clear();
  S90->tma.clear();
  for (auto& w : S90->wg) w.clear();
  memset(S90->committed, 0, sizeof S90->committed);
  S90->used = false;
}
static void sm90_describe(std::string& s) {
  if (!S90) return;
  std::map<std::pair<int, int>, int> waiting;  // (barrier, line), threads
  for (auto& w : S90->waits) waiting[{w.bar, w.t->line}]++;
  for (auto& w : waiting) {
    MBar& b = S90->bars[size_t(w.first.first)];
    char tmp[200];
    snprintf(tmp, sizeof tmp, " mbarrier at shared offset %td: %d threads wait at line %d (phase %u, %u arrivals and %lld "
             "bytes missing);", reinterpret_cast<char*>(b.addr) - W->arena, w.second, w.first.second, b.phase, b.pending,
             static_cast<long long>(b.tx));
    s += tmp;
  }
}
static int find_bar(ptx::u64* p, int line) {
  need_arch(90, "mbarrier", line);
  smem_offset(p, 8, line);
  SIMT_NOTE(note_atomic(p, 8, line));
  auto& s = s90();
  for (size_t i = 0; i < s.bars.size(); i++)
    if (s.bars[i].addr == p) return int(i);
  fail("line %d: mbarrier is not initialised", line);
}
static void bar_check(int i) {
  auto& s = s90();
  MBar& b = s.bars[size_t(i)];
  if (b.pending || b.tx) return;
  uint32_t old = b.phase;
  b.phase ^= 1;
  b.pending = b.expected;
  size_t k = 0;
  for (auto& w : s.waits) {
    if (w.bar == i && w.parity == old)
      wake(W->b, w.t->warp, 1u << w.t->lane);
    else
      s.waits[k++] = w;
  }
  s.waits.resize(k);
}
static void release_to(MBar& b, Warp* w) {
#ifdef SIMT_CHECK
  give_clocks(b.vc, w);
#else
  (void)b, (void)w;
#endif
}
static void tma_run(const TmaOp& o) {
  const ptx::TmaMap& m = o.map;
  size_t bytes = size_t(m.box[0]) * size_t(m.box[1]) * 2;
  uint32_t off = smem_offset(o.dst, bytes, o.line);
  auto* base = static_cast<const char*>(m.base);
  SIMT_NOTE(note_async_write(o.dst, bytes, o.by, o.clk, o.line));
  for (int r = 0; r < m.box[1]; r++)
    for (int c = 0; c < m.box[0]; c++) {
      uint32_t a = off + uint32_t(r * m.box[0] + c) * 2;
      if (m.swizzle == 1) a ^= ((a >> 7) & 7) << 4;  // the 128-byte swizzle works on address bits
      long y = o.y + r, x = o.x + c;
      uint16_t v = 0;
      if (x >= 0 && y >= 0 && x < m.dim[0] && y < m.dim[1])
        memcpy(&v, base + y * m.stride + x * 2, 2);
      memcpy(W->arena + a, &v, 2);
    }
  MBar& b = s90().bars[size_t(o.bar)];
  b.tx -= int64_t(bytes);
#ifdef SIMT_CHECK
  uint32_t w = uint32_t(o.by->warp->index);
  join(b.vc, W->b.vc[w]);
  if (o.clk + 1 > b.vc[w]) b.vc[w] = o.clk + 1;
  if (o.by->warp->clk <= o.clk) o.by->warp->clk = o.clk + 1;
#endif
  bar_check(o.bar);
}
static bool sm90_idle() {  // nobody can run: let the oldest bulk copy complete
  if (!S90 || S90->tma.empty()) return false;
  TmaOp o = S90->tma.front();
  S90->tma.pop_front();
  tma_run(o);
  return true;
}
}  // namespace simt
namespace ptx {
void mbar_init(u64* p, unsigned count, int line) {
  need_arch(90, "mbarrier", line);
  smem_offset(p, 8, line);
  auto& s = s90();
  for (auto& b : s.bars)
    if (b.addr == p) fail("line %d: mbarrier initialised twice", line);
  MBar b{};
  b.addr = p;
  b.expected = b.pending = count;
  SIMT_NOTE(note_write(p, 8, line));
  s.bars.push_back(b);
  release_to(s.bars.back(), cur->warp);
}
void mbar_arrive(u64* p, int line) {
  int i = find_bar(p, line);
  MBar& b = s90().bars[size_t(i)];
  if (!b.pending) fail("line %d: mbarrier: more arrivals than its count", line);
  release_to(b, cur->warp);
  b.pending--;
  bar_check(i);
}
void mbar_expect_tx(u64* p, unsigned bytes, int line) {
  int i = find_bar(p, line);
  s90().bars[size_t(i)].tx += bytes;
  mbar_arrive(p, line);
}
void mbar_wait(u64* p, unsigned parity, int line) {
  int i = find_bar(p, line);
  Thread* t = cur;
  t->line = line;
  if (s90().bars[size_t(i)].phase == (parity & 1)) {
    s90().waits.push_back({i, parity & 1, t});
    t->warp->runnable &= ~(1u << t->lane);
    block_here(W, t);
  }
#ifdef SIMT_CHECK
  join(W->b.vc[t->warp->index], s90().bars[size_t(i)].vc);
#endif
}
void tma_load_2d(void* dst, const TmaMap* map, int x, int y, u64* bar, int line) {
  if (map->magic != 0x544d4132) fail("line %d: not a tensor map", line);
  if (smem_offset(dst, 16, line) % (map->swizzle ? 1024 : 128))
    fail_code(kMisaligned, "line %d: TMA destination is not aligned", line);
  int i = find_bar(bar, line);
  SIMT_NOTE(check_async_target(dst, size_t(map->box[0]) * size_t(map->box[1]) * 2, line));
  s90().tma.push_back({dst, *map, x, y, i, cur, cur->warp->clk, line});
}
}  // namespace ptx
extern "C" API int cuTensorMapEncodeTiled(void* map, int dtype, unsigned rank, void* addr, const uint64_t* dim,
                                          const uint64_t* strides, const uint32_t* box, const uint32_t* estride,
                                          int interleave, int swizzle, int, int) {
  if (!map || !addr || !dim || !strides || !box || !estride)
    return simt::error(1, "cuTensorMapEncodeTiled: an argument is null");
  if (dtype != 9 || rank != 2 || interleave || (swizzle != 0 && swizzle != 3))
    return simt::error(801, "cuTensorMapEncodeTiled: the emulator knows bf16, rank 2, swizzle none and 128 bytes");
  if ((reinterpret_cast<uintptr_t>(addr) & 15) || (strides[0] & 15) || !box[0] || !box[1] || box[0] > 256 ||
      box[1] > 256 || estride[0] != 1 || estride[1] != 1 || (box[0] * 2) % 16 || (swizzle == 3 && box[0] * 2 > 128))
    return simt::error(1, "cuTensorMapEncodeTiled: address and row stride are multiples of 16 bytes, boxes are 1 to 256 "
                          "wide and high, rows of a box are multiples of 16 bytes, up to 128 when swizzled");
  ptx::TmaMap m{};
  m.magic = 0x544d4132;
  m.base = addr;
  m.dim[0] = long(dim[0]);
  m.dim[1] = long(dim[1]);
  m.stride = long(strides[0]);
  m.box[0] = int(box[0]);
  m.box[1] = int(box[1]);
  m.swizzle = swizzle == 3 ? 1 : 0;
  memcpy(map, &m, sizeof m);
  return 0;
}
