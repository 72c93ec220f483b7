// simt_fibers.inl - a running block: its threads, warps, barriers and fibers; how a fault ends it.
namespace simt {
thread_local Thread* cur = nullptr;
thread_local BlockIds ids;

struct Fiber {
#ifdef SIMT_UCONTEXT
  ucontext_t ctx;
#endif
  void* sp = nullptr;
  char* lo = nullptr;
  char* hi = nullptr;
  int index = 0;
};
struct Warp {
  uint32_t runnable, exited, posted, valid;
  Thread* threads;
  int index;
  uint32_t clk;
  void* payload[32];
  CollFn fn[32];
  uint32_t mask[32];
};
struct Bar {
  uint32_t arrived, expected;
  int line;
  uint32_t waiting[32];  // lanes, per warp
  uint32_t clocks[32];   // checked build: what the threads that only arrived have seen
};
struct AsyncCopy {
  void* dst;
  const void* src;
  unsigned bytes, valid, group;
};
struct AsyncState {
  unsigned committed = 0;
  std::vector<AsyncCopy> q;
};
struct StaticVar {
  const void* key;
  uint32_t off, bytes;
};
struct Block {
  int nthreads = 0, nwarps = 0, live = 0;
  uint32_t warp_runnable = 0, stamp = 0;
  Warp warps[32];
  Bar bars[16];
  Thread threads[1024];
  uint32_t dyn_bytes = 0, smem_used = 0;
  int nstatics = 0;
  StaticVar statics[16];
  uint32_t vc[32][32];  // checked build: vc[w][v] = clock of warp v up to which warp w has synchronised
  bool any_async = false;
  int sched = 0;
};
constexpr size_t kArena = 256 * 1024, kStack = 64 * 1024;
struct Worker {
  Block b;
  char* arena = nullptr;
  char* stacks = nullptr;
  std::vector<Fiber*> fibers, free;
  Fiber* running = nullptr;
  std::vector<AsyncState> async;
  Fiber main;
  bool failed = false;
  uint64_t rng = 1;
  uint64_t switches = 0;
  struct Job* job = nullptr;
  void* shadow = nullptr;
};
static thread_local Worker* W __attribute__((tls_model("initial-exec"))) = nullptr;

struct Fault {
  int code = 0;
  std::string text;
  void* pc = nullptr;  // of the access, when the line is not known yet
};
struct Job {
  const Kernel* k;
  void** args;
  dim3 grid, block;
  uint32_t shared;
  int sched;
  uint64_t seed;
  std::atomic<uint64_t> next{0};
  uint64_t total = 0;
  std::atomic<bool> stop{false};
  std::mutex m;
  Fault fault;
  std::atomic<uint64_t> switches{0};
};
static std::atomic<uint32_t> g_stamp{1};
static uint32_t g_launch_stamp = 1;

static void fiber_main();
static void sm90_reset();
static bool sm90_idle();
static void sm90_describe(std::string& s);
static inline void to_fiber(Fiber* from, Fiber* to) {
  W->running = to;
  W->switches++;
#ifdef SIMT_UCONTEXT
  swapcontext(&from->ctx, &to->ctx);
#else
  simt_switch(&from->sp, to->sp);
#endif
}
static void init_fiber(Fiber* f) {
#ifdef SIMT_UCONTEXT
  getcontext(&f->ctx);
  f->ctx.uc_stack.ss_sp = f->lo;
  f->ctx.uc_stack.ss_size = f->hi - f->lo;
  f->ctx.uc_link = nullptr;
  makecontext(&f->ctx, fiber_main, 0);
#else
  // Stack colouring: tops must not all fall into the same cache sets (3.5 instead of 7 ns a switch).
  char* top = f->hi - 64 - (f->index * 11 % 61) * 64;
  uintptr_t p = reinterpret_cast<uintptr_t>(top) & ~uintptr_t(63);
#ifdef __x86_64__
  void** s = reinterpret_cast<void**>(p);
  *--s = nullptr;  // return address of nobody: entry sees rsp % 16 == 8
  *--s = reinterpret_cast<void*>(&fiber_main);
  for (int i = 0; i < 6; i++) *--s = nullptr;
  f->sp = s;
#else
  char* s = reinterpret_cast<char*>(p) - 160;
  memset(s, 0, 160);
  reinterpret_cast<void**>(s)[11] = reinterpret_cast<void*>(&fiber_main);  // x30
  f->sp = s;
#endif
#endif
}
static Fiber* new_fiber(Worker* w) {
  if (!w->free.empty()) {
    Fiber* f = w->free.back();
    w->free.pop_back();
    return f;
  }
  auto* f = new Fiber;
  f->index = int(w->fibers.size());
  if (!w->stacks)
    w->stacks = static_cast<char*>(mmap(nullptr, 1025 * kStack, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  f->lo = w->stacks + size_t(f->index) * kStack;
  f->hi = f->lo + kStack;
  mprotect(f->lo, 4096, PROT_NONE);
  f->lo += 4096;  // guard page
  w->fibers.push_back(f);
  init_fiber(f);
  return f;
}

// A fault stops the launch: the first one is kept, the fiber is left where it stands.
[[noreturn]] static void stop_with(int code, void* pc, const char* text) {
  Worker* w = W;
  if (!w || !w->job) {
    fprintf(stderr, "simt: %s\n", text);
    abort();
  }
  char full[1400];
  Thread* t = cur;
  snprintf(full, sizeof full, "%s: block (%u,%u,%u) thread (%u,%u,%u): %s", w->job->k->name, ids.bid.x, ids.bid.y,
           ids.bid.z, t ? t->tid.x : 0, t ? t->tid.y : 0, t ? t->tid.z : 0, text);
  {
    std::lock_guard<std::mutex> g(w->job->m);
    if (!w->job->fault.code) w->job->fault = {code, full, pc};
  }
  w->job->stop = true;
  w->failed = true;
  to_fiber(w->running, &w->main);
  abort();
}
#define SIMT_FORMAT(buf)                \
  char buf[1024];                       \
  va_list ap;                           \
  va_start(ap, fmt);                    \
  vsnprintf(buf, sizeof buf, fmt, ap);  \
  va_end(ap)
void fail(const char* fmt, ...) {
  SIMT_FORMAT(text);
  stop_with(kFault, nullptr, text);
}
void fail_code(int code, const char* fmt, ...) {
  SIMT_FORMAT(text);
  stop_with(code, nullptr, text);
}
void need_arch(int least, const char* wrapper, int line) {
  if (settings().arch < least)
    fail_code(kWrongArch, "line %d: %s needs compute capability %d.%d, SIMT_ARCH is %d", line, wrapper, least / 10,
              least % 10, settings().arch);
}
}  // namespace simt
