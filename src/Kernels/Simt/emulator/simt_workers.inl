// simt_workers.inl - running the blocks of a launch on the library's own threads.
namespace simt {
static void run_block(Worker* wk, uint64_t index) {
  Job& j = *wk->job;
  Block& b = wk->b;
  ids.bid = {unsigned(index % j.grid.x), unsigned(index / j.grid.x % j.grid.y),
             unsigned(index / (uint64_t(j.grid.x) * j.grid.y))};
  ids.bdim = j.block;
  ids.gdim = j.grid;
  b.live = b.nthreads;
  b.stamp = g_stamp.fetch_add(1, std::memory_order_relaxed);
  b.warp_runnable = b.nwarps == 32 ? ~0u : (1u << b.nwarps) - 1;
  for (int i = 0; i < b.nwarps; i++) {
    Warp& w = b.warps[i];
    w.exited = 0;
    w.posted = 0;
    w.runnable = w.valid;
    w.clk = 1;
  }
  for (int i = 0; i < b.nthreads; i++) b.threads[i].fiber = nullptr;
  memset(b.bars, 0, sizeof b.bars);
#ifdef SIMT_CHECK
  memset(b.vc, 0, sizeof b.vc);
  for (int i = 0; i < b.nwarps; i++) b.vc[i][i] = 1;
#endif
  if (b.any_async) {
    for (auto& a : wk->async) {
      a.committed = 0;
      a.q.clear();
    }
    b.any_async = false;
  }
  sm90_reset();
  b.nstatics = 0;
  b.smem_used = b.dyn_bytes = j.shared;
  if (j.shared) memset(wk->arena, 0xff, j.shared);
  Thread* first = pick(wk, &b.warps[0], 31);
  cur = first;
  Fiber* f = new_fiber(wk);
  first->fiber = f;
  to_fiber(&wk->main, f);
  cur = nullptr;
  if (wk->failed) {  // the block's fibers are abandoned where they stand
    wk->free.clear();
    for (auto* x : wk->fibers) {
      init_fiber(x);
      wk->free.push_back(x);
    }
  }
}
static void setup(Worker* wk, Job& j) {
  Block& b = wk->b;
  int n = int(j.block.x * j.block.y * j.block.z);
  b.sched = j.sched;
  b.nthreads = n;
  b.nwarps = (n + 31) / 32;
  for (int i = 0; i < n; i++) {
    Thread& t = b.threads[i];
    unsigned u = unsigned(i);
    t.tid = {u % j.block.x, u / j.block.x % j.block.y, u / (j.block.x * j.block.y)};
    t.lane = u & 31;
    t.warp = &b.warps[i >> 5];
    t.blk = &b;
    t.linear = u;
  }
  for (int i = 0; i < b.nwarps; i++) {
    Warp& w = b.warps[i];
    w.index = i;
    w.threads = &b.threads[i * 32];
    int left = n - i * 32;
    w.valid = left >= 32 ? ~0u : (1u << left) - 1;
  }
}
static void work(Worker* wk, Job& j) {
  W = wk;
  wk->job = &j;
  wk->failed = false;
  wk->switches = 0;
  wk->rng = j.seed * 2 + 1;
  setup(wk, j);
  while (!j.stop) {
    uint64_t i = j.next.fetch_add(1);
    if (i >= j.total) break;
    run_block(wk, j.sched == 1 ? j.total - 1 - i : i);
  }
  j.switches += wk->switches;
  wk->job = nullptr;
}

struct Pool {
  std::vector<std::thread> th;
  std::mutex m, launch_m;
  std::condition_variable cv, done;
  Job* job = nullptr;
  int want = 0, busy = 0;
  Pool() {
    for (int i = 0; i < settings().threads; i++) th.emplace_back([this] { loop(); });
  }
  void loop() {
    auto* wk = new Worker;
    char* base = static_cast<char*>(
        mmap(nullptr, kArena + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    wk->arena = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(base) + 1023) & ~uintptr_t(1023));
    wk->async.resize(1024);
    std::unique_lock<std::mutex> l(m);
    for (;;) {
      cv.wait(l, [&] { return want > 0; });
      want--;
      Job* j = job;
      l.unlock();
      work(wk, *j);
      l.lock();
      if (--busy == 0) done.notify_all();
    }
  }
  void run(Job& j) {
    std::lock_guard<std::mutex> one_launch(launch_m);
    std::unique_lock<std::mutex> l(m);
    job = &j;
    want = busy = int(std::min<uint64_t>(th.size(), j.total));
    if (want == 1)
      cv.notify_one();
    else
      cv.notify_all();
    done.wait(l, [&] { return busy == 0; });
  }
};
static Pool& pool() {
  static auto* p = new Pool;  // never destroyed: the library stays loaded and its threads live as long as the process
  return *p;
}

// ---- kernels and launches
static Kernel* g_kernels = nullptr;
void add_kernel(Kernel* k) {
  k->next = g_kernels;
  g_kernels = k;
}
static Kernel* find(const char* name) {
  for (Kernel* k = g_kernels; k; k = k->next)
    if (!strcmp(k->name, name)) return k;
  return nullptr;
}
static int shared_limit() { return settings().arch >= 90 ? 232448 : 166912; }
static thread_local std::string t_error;
static std::atomic<uint64_t> g_last_switches{0};
static int error(int code, const std::string& text) {
  t_error = text;
  return code;
}

// What a GPU refuses before it starts anything.
static int check_launch(const Kernel* k, dim3 g, dim3 b, uint32_t shared, bool opt_in) {
  char s[300];
  uint64_t n = uint64_t(b.x) * b.y * b.z;
  int limit = k->max_threads ? k->max_threads : 1024, allowed = opt_in ? k->max_dynamic : shared_limit();
  s[0] = 0;
  if (n == 0 || n > uint64_t(limit) || b.z > 64)
    snprintf(s, sizeof s, "%s: block (%u,%u,%u) has %llu threads, allowed are 1 to %d (z to 64)", k->name, b.x, b.y, b.z,
             static_cast<unsigned long long>(n), limit);
  else if (n % 32)
    snprintf(s, sizeof s, "%s: block of %llu threads is not a multiple of 32", k->name,
             static_cast<unsigned long long>(n));
  else if (!g.x || !g.y || !g.z || g.x > 0x7fffffffu || g.y > 65535 || g.z > 65535)
    snprintf(s, sizeof s, "%s: grid (%u,%u,%u) is empty or too large (y and z up to 65535)", k->name, g.x, g.y, g.z);
  else if (shared > uint32_t(allowed))
    snprintf(s, sizeof s, "%s: %u bytes of dynamic shared memory, allowed are %d (cuFuncSetAttribute raises it to %d)",
             k->name, shared, allowed, shared_limit());
  return s[0] ? error(1, s) : 0;
}
static std::string where(void* pc, const Kernel* k);
static int launch(const Kernel* k, dim3 g, dim3 b, uint32_t shared, void** args) {
  Job j;
  j.k = k;
  j.args = args;
  j.grid = g;
  j.block = b;
  j.shared = shared;
  j.sched = settings().schedule;
  j.seed = settings().seed;
  j.total = uint64_t(g.x) * g.y * g.z;
  g_launch_stamp = g_stamp.load();
  pool().run(j);
  g_last_switches = j.switches.load();
  if (!j.fault.code) return 0;
  return error(j.fault.code, j.fault.pc ? j.fault.text + " [" + where(j.fault.pc, k) + "]" : j.fault.text);
}
}  // namespace simt
