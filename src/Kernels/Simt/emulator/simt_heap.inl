// simt_heap.inl - device memory: one reserved range, a red zone behind every block, filled with 0xFF = NaN. In the
// checked build freed blocks wait in quarantine, so that a late use of them is noticed.
namespace simt {
struct Cell {  // checked build, one per 2 bytes of memory: last writer, two readers, flags
  uint32_t w_stamp, w_clk, r_stamp, r_clk, r1_clk;
  uint16_t w_tid, r_tid, r1_tid, flags;
};
enum : uint16_t {  // kInit, kAlloc, kWrote, kRead: one bit per byte
  kInit = 3,
  kAlloc = 3 << 2,
  kWrote = 3 << 4,
  kReadBy = 3 << 6,
  kAtomic = 1 << 8,
  kR1 = 1 << 9,
  kPending = 1 << 10,
};
struct Heap {
  std::mutex m;
  char* base = nullptr;
  Cell* shadow = nullptr;
  size_t size = 0, used = 0, quarantined = 0;
  struct Used {
    size_t bytes, room;
  };
  std::map<size_t, Used> blocks;                    // by offset
  std::map<size_t, size_t> free_at;                 // offset, size
  std::set<std::pair<size_t, size_t>> free_by_size;  // size, offset
  std::deque<std::pair<size_t, size_t>> quarantine;  // offset, size
  Heap() : size(settings().heap) {
    base = static_cast<char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
#ifdef SIMT_CHECK
    shadow = static_cast<Cell*>(mmap(nullptr, size / 2 * sizeof(Cell), PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
#endif
    give(0, size);
  }
  void give(size_t off, size_t n) {  // joins free neighbours
    auto next = free_at.lower_bound(off);
    if (next != free_at.end() && off + n == next->first) {
      n += next->second;
      free_by_size.erase({next->second, next->first});
      next = free_at.erase(next);
    }
    if (next != free_at.begin()) {
      auto prev = std::prev(next);
      if (prev->first + prev->second == off) {
        off = prev->first;
        n += prev->second;
        free_by_size.erase({prev->second, prev->first});
        free_at.erase(prev);
      }
    }
    free_at[off] = n;
    free_by_size.insert({n, off});
  }
  bool take(size_t need, size_t* off) {
    auto it = free_by_size.lower_bound({need, 0});
    if (it == free_by_size.end()) return false;
    size_t room = it->first;
    *off = it->second;
    free_by_size.erase(it);
    free_at.erase(*off);
    if (room > need) give(*off + need, room - need);
    return true;
  }
};
static Heap& heap() {
  static auto* h = new Heap;
  return *h;
}
static Heap* g_heap = nullptr;  // set with the first block; the hooks look here

static void mark(size_t off, size_t n, unsigned set, unsigned clear) {  // two-bit masks of Cell::flags
#ifdef SIMT_CHECK
  constexpr unsigned kOdd = 2 | 2 << 2 | 2 << 4 | 2 << 6, kEven = 1 | 1 << 2 | 1 << 4 | 1 << 6;
  Cell* shadow = heap().shadow;
  for (size_t i = off; i < off + n;) {
    bool whole = !(i & 1) && i + 1 < off + n;
    unsigned lanes = whole ? ~0u : i & 1 ? kOdd : kEven;
    uint16_t& f = shadow[i / 2].flags;
    f = uint16_t((f & ~(clear & lanes)) | (set & lanes));
    i += whole ? 2 : 1;
  }
#else
  (void)off, (void)n, (void)set, (void)clear;
#endif
}
static void* dev_alloc(size_t n) {
  Heap& h = heap();
  std::lock_guard<std::mutex> g(h.m);
  if (n > h.size) return nullptr;
  size_t rounded = (n + 255) / 256 * 256, off = 0;
#ifdef SIMT_CHECK  // a far overrun must not land in a neighbour
  size_t room = rounded + std::min<size_t>(std::max<size_t>(rounded, 256), 64 * 1024);
#else
  size_t room = rounded + 256;
#endif
  while (!h.take(room, &off)) {
    if (h.quarantine.empty()) return nullptr;
    h.give(h.quarantine.front().first, h.quarantine.front().second);
    h.quarantined -= h.quarantine.front().second;
    h.quarantine.pop_front();
  }
  h.blocks[off] = {n, room};
  h.used += n;
  memset(h.base + off, 0xff, n);
  mark(off, n, kAlloc, kInit);
  g_heap = &h;
  return h.base + off;
}
static bool dev_free(void* p) {
  Heap& h = heap();
  std::lock_guard<std::mutex> g(h.m);
  size_t off = size_t(static_cast<char*>(p) - h.base);
  auto it = h.blocks.find(off);
  if (it == h.blocks.end()) return false;
  mark(off, it->second.bytes, 0, kAlloc | kInit);
  h.used -= it->second.bytes;
  size_t room = it->second.room;
  h.blocks.erase(it);
#ifdef SIMT_CHECK
  h.quarantine.push_back({off, room});
  h.quarantined += room;
  while (h.quarantined > h.size / 4) {
    h.give(h.quarantine.front().first, h.quarantine.front().second);
    h.quarantined -= h.quarantine.front().second;
    h.quarantine.pop_front();
  }
#else
  h.give(off, room);
#endif
  return true;
}
// Is [p, p + n) inside one live block?
static bool dev_range(const void* p, size_t n) {
  Heap& h = heap();
  std::lock_guard<std::mutex> g(h.m);
  size_t off = size_t(static_cast<const char*>(p) - h.base);
  auto it = h.blocks.upper_bound(off);
  if (it == h.blocks.begin()) return false;
  --it;
  return off >= it->first && off + n <= it->first + it->second.bytes;
}
static void host_wrote(void* p, size_t n) { mark(size_t(static_cast<char*>(p) - heap().base), n, kInit, 0); }
// Copies what the checked build knows about initialised bytes (same alignment to 2 bytes) with a device-to-device copy.
static void copy_marks(void* to, const void* from, size_t n) {
#ifdef SIMT_CHECK
  size_t d = size_t(static_cast<char*>(to) - heap().base), s = size_t(static_cast<const char*>(from) - heap().base);
  Cell* shadow = heap().shadow;
  for (size_t i = 0; i < n; i++) {
    bool init = shadow[(s + i) / 2].flags & (1u << ((s + i) & 1));
    mark(d + i, 1, init ? unsigned(kInit) : 0u, init ? 0u : unsigned(kInit));
  }
#else
  (void)to, (void)from, (void)n;
#endif
}
// Offset of the first byte that nobody has written, or n.
static size_t first_uninitialised(const void* p, size_t n) {
#ifdef SIMT_CHECK
  size_t s = size_t(static_cast<const char*>(p) - heap().base);
  for (size_t i = 0; i < n; i++)
    if (!(heap().shadow[(s + i) / 2].flags & (1u << ((s + i) & 1)))) return i;
#else
  (void)p;
#endif
  return n;
}
}  // namespace simt
