// simt_scheduler.inl - which thread runs next; warp operations and barriers, where threads wait.
namespace simt {
static void describe_deadlock(Block& b, std::string& s) {
  char tmp[200];
  int shown = 0;
  for (int i = 0; i < 16; i++)
    if (b.bars[i].arrived) {
      snprintf(tmp, sizeof tmp, " barrier %d (line %d): %u of %d threads arrived;", i, b.bars[i].line,
               b.bars[i].arrived, b.bars[i].expected ? int(b.bars[i].expected) : b.live);
      s += tmp;
    }
  for (int w = 0; w < b.nwarps && shown < 6; w++) {
    Warp& wp = b.warps[w];
    if (!wp.posted) continue;
    int l = __builtin_ctz(wp.posted);
    snprintf(tmp, sizeof tmp, " warp %d: lanes %08x wait at line %d for mask %08x (exited %08x);", w, wp.posted,
             wp.threads[l].line, wp.mask[l], wp.exited);
    s += tmp;
    shown++;
  }
  sm90_describe(s);
}
// The next thread to run, or null when every thread has exited.
static Thread* pick(Worker* wk, Warp* w, unsigned lane) {
  Block& b = wk->b;
  int mode = b.sched;
  if (__builtin_expect(mode == 0, 1)) {
    uint32_t r = w->runnable;
    if (r) {
      uint32_t hi = r & ~((2u << lane) - 1u);
      return &w->threads[__builtin_ctz(hi ? hi : r)];
    }
    b.warp_runnable &= ~(1u << w->index);
    uint32_t wr = b.warp_runnable;
    while (wr) {
      uint32_t hi = wr & ~((2u << w->index) - 1u);
      int i = __builtin_ctz(hi ? hi : wr);
      if (b.warps[i].runnable) return &b.warps[i].threads[__builtin_ctz(b.warps[i].runnable)];
      b.warp_runnable &= ~(1u << i);
      wr = b.warp_runnable;
    }
  } else {
    uint32_t cand[32];
    int n = 0;
    for (int i = 0; i < b.nwarps; i++)
      if (b.warps[i].runnable) cand[n++] = uint32_t(i);
    if (n) {
      if (mode == 1) {
        Warp& x = b.warps[cand[n - 1]];
        return &x.threads[31 - __builtin_clz(x.runnable)];
      }
      wk->rng = wk->rng * 6364136223846793005ull + 1442695040888963407ull;
      uint32_t q = uint32_t(wk->rng >> 33);
      Warp& x = b.warps[cand[q % uint32_t(n)]];
      int k = int((q >> 8) % uint32_t(__builtin_popcount(x.runnable)));
      uint32_t m = x.runnable;
      while (k--) m &= m - 1;
      return &x.threads[__builtin_ctz(m)];
    }
  }
  if (b.live == 0) return nullptr;
  if (sm90_idle()) return pick(wk, w, lane);
  std::string s = "deadlock (divergent barrier or warp operation):";
  describe_deadlock(b, s);
  fail("%s", s.c_str());
}
static inline void run_thread(Worker* wk, Fiber* self, Thread* t) {  // from a fiber that blocks: go on with t
  cur = t;
  Fiber* f = static_cast<Fiber*>(t->fiber);
  if (!f) {
    f = new_fiber(wk);
    t->fiber = f;
  }
  if (f != self) to_fiber(self, f);
}
static inline void block_here(Worker* wk, Thread* t) {  // t is not runnable any more
  Fiber* self = static_cast<Fiber*>(t->fiber);
  run_thread(wk, self, pick(wk, t->warp, t->lane));
}
static inline void wake(Block& b, Warp* w, uint32_t lanes) {
  w->runnable |= lanes;
  if (w->runnable) b.warp_runnable |= 1u << w->index;
}

// ---- warp operations
static void complete(Warp* w, uint32_t lanes) {
  int f = __builtin_ctz(lanes);
  CollFn fn = w->fn[f];
  for (uint32_t m = lanes & (lanes - 1); m; m &= m - 1) {
    int l = __builtin_ctz(m);
    if (w->fn[l] != fn || w->mask[l] != w->mask[f])
      fail("divergent warp operation: lane %d (line %d, mask %08x) meets lane %d (line %d, mask %08x)", f,
           w->threads[f].line, w->mask[f], l, w->threads[l].line, w->mask[l]);
  }
  w->posted &= ~lanes;
  if (fn) fn(w->payload, lanes);
}
void collective(uint32_t mask, CollFn fn, void* payload, bool aligned, int line) {
  Worker* wk = W;
  Thread* t = cur;
  Warp* w = t->warp;
  Block& b = wk->b;
  uint32_t bit = 1u << t->lane;
  if (!(mask & bit)) fail("line %d: lane %u is not in its own mask %08x", line, t->lane, mask);
  uint32_t need = mask & w->valid & ~w->exited;
  if (mask & w->exited) fail("line %d: mask %08x names lanes that have exited (%08x)", line, mask, w->exited);
  if (aligned && (need != 0xffffffffu || mask != 0xffffffffu))
    fail("line %d: .aligned warp instruction with exited or missing lanes (have %08x)", line, need);
  t->line = line;
  w->payload[t->lane] = payload;
  w->fn[t->lane] = fn;
  w->mask[t->lane] = mask;
  w->posted |= bit;
  if ((w->posted & need) == need) {
    complete(w, need);
    wake(b, w, need & ~bit);
    return;
  }
  w->runnable &= ~bit;
  uint32_t hi = w->runnable & ~((2u << t->lane) - 1u);
  if (__builtin_expect(hi && b.sched == 0, 1)) {  // short cut: the next lane of this warp
    Thread* n = &w->threads[__builtin_ctz(hi)];
    if (n->fiber) {
      cur = n;
      to_fiber(static_cast<Fiber*>(t->fiber), static_cast<Fiber*>(n->fiber));
      return;
    }
  }
  block_here(wk, t);
}

// ---- barriers
#ifdef SIMT_CHECK
static void join(uint32_t* a, const uint32_t* b) {
  for (int i = 0; i < 32; i++)
    if (b[i] > a[i]) a[i] = b[i];
}
// A thread of warp w passes on what w has seen, and w's own accesses up to now.
static void give_clocks(uint32_t* clocks, Warp* w) {
  join(clocks, W->b.vc[w->index]);
  if (w->clk > clocks[w->index]) clocks[w->index] = w->clk;
  if (clocks[w->index] == w->clk) clocks[w->index] = ++w->clk;
}
#endif
static void sync_clocks(Block& b, uint32_t warpset) {  // barrier over a set of warps: join of their vector clocks
#ifdef SIMT_CHECK
  for (uint32_t m = warpset; m; m &= m - 1) {
    int w = __builtin_ctz(m);
    b.warps[w].clk++;
    b.vc[w][w] = b.warps[w].clk;
  }
  uint32_t j[32];
  for (int v = 0; v < b.nwarps; v++) {
    j[v] = 0;
    for (uint32_t m = warpset; m; m &= m - 1) {
      int w = __builtin_ctz(m);
      if (b.vc[w][v] > j[v]) j[v] = b.vc[w][v];
    }
  }
  for (uint32_t m = warpset; m; m &= m - 1)
    memcpy(b.vc[__builtin_ctz(m)], j, sizeof(uint32_t) * size_t(b.nwarps));
#else
  (void)b;
  (void)warpset;
#endif
}
static void release_bar(Block& b, Bar& x, Thread* last) {
  uint32_t set = last ? 1u << last->warp->index : 0;
  for (int i = 0; i < b.nwarps; i++) {
    if (!x.waiting[i]) continue;
    set |= 1u << i;
    wake(b, &b.warps[i], x.waiting[i]);
    x.waiting[i] = 0;
  }
  x.arrived = 0;
#ifdef SIMT_CHECK  // threads that only arrived give their clocks and take none
  for (uint32_t m = set; m; m &= m - 1) join(b.vc[__builtin_ctz(m)], x.clocks);
  memset(x.clocks, 0, sizeof x.clocks);
#endif
  sync_clocks(b, set);
}
// count 0: all threads of the block (__syncthreads). Not waiting: bar.arrive.
void barrier(int id, int count, bool wait, int line) {
  Worker* wk = W;
  Thread* t = cur;
  Block& b = wk->b;
  if (id < 0 || id > 15) fail("line %d: barrier %d does not exist (0 to 15)", line, id);
  if (count % 32) fail("line %d: barrier %d: count %d is not a multiple of 32", line, id, count);
  if (count > b.nthreads) fail("line %d: barrier %d: count %d, the block has %d threads", line, id, count, b.nthreads);
  Bar& x = b.bars[id];
  if (x.arrived && count == 0 && x.line != line)
    fail("divergent barrier %d: threads arrived at line %d, this one at line %d", id, x.line, line);
  if (x.arrived && x.expected != uint32_t(count))
    fail("line %d: barrier %d: count %d, but line %d waits for %u", line, id, count, x.line, x.expected);
  x.line = line;
  t->line = line;
  x.arrived++;
  x.expected = uint32_t(count);
#ifdef SIMT_CHECK
  if (!wait) give_clocks(x.clocks, t->warp);
#endif
  if (x.arrived == uint32_t(count ? count : b.live)) {
    if (!count && b.live != b.nthreads)
      fail("line %d: %d of %d threads have left before this barrier", line, b.nthreads - b.live, b.nthreads);
    release_bar(b, x, wait ? t : nullptr);
    return;
  }
  if (!wait) return;
  x.waiting[t->warp->index] |= 1u << t->lane;
  t->warp->runnable &= ~(1u << t->lane);
  block_here(wk, t);
}

// ---- a fiber runs one thread after the other
static void leave(Block& b, Thread* t) {
  Warp* w = t->warp;
  uint32_t bit = 1u << t->lane;
  w->exited |= bit;
  w->runnable &= ~bit;
  b.live--;
  if (b.bars[0].arrived && !b.bars[0].expected && b.bars[0].arrived == uint32_t(b.live))
    fail("thread exits while others wait at the barrier of line %d", b.bars[0].line);
  if (w->posted) {
    int l = __builtin_ctz(w->posted);
    if (w->mask[l] & bit)
      fail("lane %u exits, but the warp operation of line %d waits for it (mask %08x)", t->lane, w->threads[l].line,
           w->mask[l]);
  }
}
static void fiber_main() {
  for (;;) {
    Worker* wk = W;
    Fiber* self = wk->running;
    cur->fiber = self;
    wk->job->k->call(wk->job->args);
    wk = W;
    Thread* t = cur;
    leave(wk->b, t);
    Thread* n = pick(wk, t->warp, t->lane);
    if (!n) {
      wk->free.push_back(self);
      to_fiber(self, &wk->main);
      continue;
    }
    cur = n;
    if (!n->fiber) {  // unstarted thread: same stack, no switch
      n->fiber = self;
      continue;
    }
    wk->free.push_back(self);
    to_fiber(self, static_cast<Fiber*>(n->fiber));
  }
}
}  // namespace simt
