// simt_check.inl - the checked build: kernels are compiled with -fsanitize=thread, but linked to these functions
// instead of libtsan. Every access arrives with address, size and return address. Found: out of bounds, use after
// free, misalignment, reads of what nobody wrote, races inside a block and between blocks.
namespace simt {
static const char* base_name(const char* path) {
  const char* s = strrchr(path, '/');
  return s ? s + 1 : path;
}
// file:line of an access; runs on the launching thread, since addr2line is a process of its own.
static std::string where(void* pc, const Kernel* k) {
  Dl_info di;
  if (!dladdr(pc, &di)) return base_name(k->file);
  char cmd[700];
  snprintf(cmd, sizeof cmd, "addr2line -Cse %s %zx 2>/dev/null", di.dli_fname,
           size_t(static_cast<char*>(pc) - static_cast<char*>(di.dli_fbase)) - 1);
  std::string s;
  if (FILE* f = popen(cmd, "r")) {
    char b[300];
    if (fgets(b, sizeof b, f)) s = b;
    pclose(f);
  }
  size_t end = s.find_first_of(" \n");
  if (end != std::string::npos) s.resize(end);
  return s.empty() ? base_name(k->file) : s;
}
}  // namespace simt
#ifndef SIMT_CHECK
namespace simt {
void note_read(const void*, size_t, int) {}
void note_write(void*, size_t, int) {}
void note_atomic(void*, size_t, int) {}
}  // namespace simt
#else
namespace simt {
uint3 tid_() { return cur->tid; }
uint3 bid_() { return ids.bid; }
dim3 bdim_() { return ids.bdim; }
dim3 gdim_() { return ids.gdim; }
static uintptr_t g_img_lo, g_img_hi;
static int find_image(struct dl_phdr_info* i, size_t, void*) {
  uintptr_t me = reinterpret_cast<uintptr_t>(&find_image), lo = ~uintptr_t(0), hi = 0;
  for (int k = 0; k < i->dlpi_phnum; k++)
    if (i->dlpi_phdr[k].p_type == PT_LOAD) {
      uintptr_t a = i->dlpi_addr + i->dlpi_phdr[k].p_vaddr;
      lo = std::min(lo, a);
      hi = std::max(hi, a + i->dlpi_phdr[k].p_memsz);
    }
  if (me < lo || me >= hi) return 0;
  g_img_lo = lo;
  g_img_hi = hi;
  return 1;
}

enum Kind { kRead, kWrite, kAtom };
struct Access {
  const void* p;
  size_t n;
  Kind kind;
  void* pc;   // of an instrumented access
  int line;   // of a wrapper
  const char* space;
};
static __attribute__((noinline)) void report(int code, const char* what, const Access& a, int other = -1) {
  static const char* const kinds[] = {"read", "write", "atomic"};
  char text[500];
  int n = snprintf(text, sizeof text, "%s: %s of %zu bytes of %s memory at %p", what, kinds[a.kind], a.n, a.space, a.p);
  if (other >= 0) n += snprintf(text + n, sizeof text - size_t(n), " conflicts with thread %d", other);
  if (a.line) snprintf(text + n, sizeof text - size_t(n), " [%s:%d]", base_name(W->job->k->file), a.line);
  stop_with(code, a.line ? nullptr : a.pc, text);
}
static inline bool ordered(Block& b, uint32_t clk, unsigned ptid, Thread* t) {
  if (ptid == t->linear) return true;
  return clk < b.vc[t->warp->index][ptid >> 5];  // a barrier (or our own __syncwarp) has passed that clock to us
}
// m: which of the cell's two bytes.
static inline void touch(Cell& c, Block& b, Thread* t, unsigned m, bool global, const Access& a) {
  uint32_t stamp = b.stamp, clk = t->warp->clk;
  bool reading = a.kind == kRead;
  if ((c.flags & kPending) && !global && c.r1_clk == stamp)
    report(kFault, "data race (async copy in flight)", a, c.r1_tid);
  unsigned init = c.flags & 3u, wrote = (c.flags >> 4) & 3u, read_by = (c.flags >> 6) & 3u;
  if (reading && ((!global && c.w_stamp != stamp) || (init & m) != m)) report(kFault, "uninitialised read", a);
  if ((wrote & m) && !((c.flags & kAtomic) && a.kind == kAtom)) {
    if (c.w_stamp == stamp) {
      if (!ordered(b, c.w_clk, c.w_tid, t)) report(kFault, "data race (no barrier after the write)", a, c.w_tid);
    } else if (global && c.w_stamp >= g_launch_stamp)
      report(kFault, "data race between blocks", a, c.w_tid);
  }
  uint16_t tid = uint16_t(t->linear);
  if (reading) {
    bool same_readers = c.r_stamp == stamp && read_by == m;
    if (same_readers && c.r_tid != tid) {
      c.r1_tid = c.r_tid;
      c.r1_clk = c.r_clk;
      c.flags |= kR1;
    } else if (!same_readers) {
      if (c.r_stamp == stamp && c.r_tid == tid && c.r_clk == clk) m |= read_by;
      c.flags = uint16_t((c.flags & ~(kR1 | kReadBy)) | m << 6);
    }
    c.r_stamp = stamp;
    c.r_tid = tid;
    c.r_clk = clk;
    return;
  }
  if (read_by & m) {
    if (c.r_stamp == stamp) {
      if (!ordered(b, c.r_clk, c.r_tid, t)) report(kFault, "data race (no barrier after the read)", a, c.r_tid);
      if ((c.flags & kR1) && !ordered(b, c.r1_clk, c.r1_tid, t))
        report(kFault, "data race (no barrier after the read)", a, c.r1_tid);
    } else if (global && c.r_stamp >= g_launch_stamp)
      report(kFault, "data race between blocks", a, c.r_tid);
  }
  bool same_write = c.w_stamp == stamp && c.w_tid == tid && c.w_clk == clk;
  if (!global && c.w_stamp != stamp) init = 0;
  unsigned left = read_by & ~m;
  c.flags = uint16_t((c.flags & (kAlloc | (left ? kR1 : 0))) | init | m | (same_write ? wrote | m : m) << 4 | left << 6 |
                     (a.kind == kAtom ? kAtomic : 0));
  c.w_stamp = stamp;
  c.w_clk = clk;
  c.w_tid = tid;
  if (!left) c.r_stamp = 0;
}
static Cell* arena_cells(Worker* w) {
  if (!w->shadow) w->shadow = calloc(kArena / 2, sizeof(Cell));
  return static_cast<Cell*>(w->shadow);
}
// Calls f(cell, bytes of it) for every cell of [off, off + n).
template <class F>
static inline void each_cell(Cell* cells, size_t off, size_t n, F f) {
  size_t last = (off + n - 1) / 2;
  for (size_t i = off / 2; i <= last; i++) {
    unsigned m = 3;
    if (i == off / 2 && (off & 1)) m &= 2;
    if (i == last && ((off + n) & 1)) m &= 1;
    f(cells[i], m);
  }
}
static bool was_freed(size_t off) {
  Heap& h = *g_heap;
  std::lock_guard<std::mutex> g(h.m);
  for (auto& q : h.quarantine)
    if (off >= q.first && off < q.first + q.second) return true;
  return false;
}
static inline void access(const void* vp, size_t n, Kind k, bool aligned, void* pc, int line = 0) {
  const char* p = static_cast<const char*>(vp);
  Worker* w = W;
  if (!w || !cur || !n) return;  // static initialisers, host side
  Fiber* f = w->running;
  if (p >= f->lo && p < f->hi) return;
  Block& b = w->b;
  Thread* t = cur;
  Access a{p, n, k, pc, line, "host"};
  size_t so = size_t(p - w->arena);
  if (so < kArena) {
    a.space = "shared";
    if (aligned && (so & (n - 1))) report(kMisaligned, "misaligned access", a);
    bool ok = so + n <= b.dyn_bytes;
    for (int i = 0; !ok && i < b.nstatics; i++)
      ok = so >= b.statics[i].off && so + n <= b.statics[i].off + b.statics[i].bytes;
    if (!ok) report(kOutOfBounds, "out of bounds", a);
    each_cell(arena_cells(w), so, n, [&](Cell& c, unsigned m) { touch(c, b, t, m, false, a); });
    return;
  }
  if (g_heap && size_t(p - g_heap->base) < g_heap->size) {
    a.space = "global";
    size_t go = size_t(p - g_heap->base);
    if (aligned && (go & (n - 1))) report(kMisaligned, "misaligned access", a);
    each_cell(g_heap->shadow, go, n, [&](Cell& c, unsigned m) {
      if (((c.flags >> 2) & m) != m) report(kOutOfBounds, was_freed(go) ? "use after free" : "out of bounds", a);
      touch(c, b, t, m, true, a);
    });
    return;
  }
  if (!g_img_lo) dl_iterate_phdr(find_image, nullptr);
  uintptr_t u = reinterpret_cast<uintptr_t>(p);
  if (k == kRead && u >= g_img_lo && u < g_img_hi) return;  // constant tables
  report(kOutOfBounds, "access outside device memory", a);
}

// ---- asynchronous copies into shared memory
static Cell* target_cells(const void* p) {
  return arena_cells(W) + size_t(static_cast<const char*>(p) - W->arena) / 2;
}
// At issue: the issuer must be ordered after every earlier reader and writer.
static void check_async_target(void* p, size_t n, int line) {
  Block& b = W->b;
  Thread* t = cur;
  Cell* c = target_cells(p);
  Access a{p, n, kWrite, nullptr, line, "shared"};
  for (size_t i = 0; i < n / 2; i++) {
    if ((c[i].flags & kPending) && c[i].r1_clk == b.stamp && c[i].r1_tid != t->linear)
      report(kFault, "data race (async copy over an async copy in flight)", a, c[i].r1_tid);
    if (c[i].w_stamp == b.stamp && (c[i].flags & kWrote) && !ordered(b, c[i].w_clk, c[i].w_tid, t))
      report(kFault, "data race (async copy over unsynchronised write)", a, c[i].w_tid);
    if (c[i].r_stamp != b.stamp || !(c[i].flags & kReadBy)) continue;
    if (!ordered(b, c[i].r_clk, c[i].r_tid, t))
      report(kFault, "data race (async copy over unsynchronised read)", a, c[i].r_tid);
    if ((c[i].flags & kR1) && !ordered(b, c[i].r1_clk, c[i].r1_tid, t))
      report(kFault, "data race (async copy over unsynchronised read)", a, c[i].r1_tid);
  }
}
static void pending_async(void* p, size_t n, bool on) {
  Cell* c = target_cells(p);
  for (size_t i = 0; i < n / 2; i++) {
    if (on) {
      c[i].flags = uint16_t((c[i].flags & ~kR1) | kPending);
      c[i].r1_tid = uint16_t(cur->linear);
      c[i].r1_clk = W->b.stamp;
    } else
      c[i].flags = uint16_t(c[i].flags & ~kPending);
  }
}
static void note_async_write(void* p, size_t n, Thread* by, uint32_t clk, int line) {
  Block& b = W->b;
  Cell* c = target_cells(p);
  for (size_t i = 0; i < n / 2; i++) {
    if (c[i].r_stamp == b.stamp && c[i].r_clk >= clk && c[i].r_tid == by->linear)
      report(kFault, "data race (read during an async copy)", {p, n, kRead, nullptr, line, "shared"}, c[i].r_tid);
    c[i].w_stamp = b.stamp;
    c[i].w_clk = clk;
    c[i].w_tid = uint16_t(by->linear);
    c[i].r_stamp = 0;
    c[i].flags = kInit | kWrote;
  }
}
void note_read(const void* p, size_t n, int line) { access(p, n, kRead, false, nullptr, line); }
void note_write(void* p, size_t n, int line) { access(p, n, kWrite, false, nullptr, line); }
void note_atomic(void* p, size_t n, int line) { access(p, n, kAtom, true, nullptr, line); }
}  // namespace simt

// ---- what the compiler calls
#define RA __builtin_return_address(0)
#define HOOK(n)                                                                                       \
  extern "C" void __tsan_read##n(void* p) { simt::access(p, n, simt::kRead, true, RA); }              \
  extern "C" void __tsan_write##n(void* p) { simt::access(p, n, simt::kWrite, true, RA); }            \
  extern "C" void __tsan_unaligned_read##n(void* p) { simt::access(p, n, simt::kRead, false, RA); }   \
  extern "C" void __tsan_unaligned_write##n(void* p) { simt::access(p, n, simt::kWrite, false, RA); } \
  extern "C" void __tsan_read_write##n(void* p) {                                                     \
    simt::access(p, n, simt::kRead, true, RA);                                                        \
    simt::access(p, n, simt::kWrite, true, RA);                                                       \
  }                                                                                                   \
  extern "C" void __tsan_unaligned_read_write##n(void* p) {                                           \
    simt::access(p, n, simt::kRead, false, RA);                                                       \
    simt::access(p, n, simt::kWrite, false, RA);                                                      \
  }
HOOK(1)
HOOK(2)
HOOK(4)
HOOK(8)
HOOK(16)
extern "C" {
void __tsan_read_range(void* p, size_t n) { simt::access(p, n, simt::kRead, false, RA); }
void __tsan_write_range(void* p, size_t n) { simt::access(p, n, simt::kWrite, false, RA); }
void* __tsan_memcpy(void* d, const void* s, size_t n) {
  simt::access(s, n, simt::kRead, false, RA);
  simt::access(d, n, simt::kWrite, false, RA);
  return memcpy(d, s, n);
}
void* __tsan_memset(void* d, int c, size_t n) {
  simt::access(d, n, simt::kWrite, false, RA);
  return memset(d, c, n);
}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_init() {}
void __tsan_vptr_update(void*, void*) {}
void __tsan_vptr_read(void*) {}
}
#endif
