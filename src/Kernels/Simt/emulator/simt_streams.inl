// simt_streams.inl - streams as queues of closures, events as places in them. Lazy (the default): nothing runs before
// something waits for it, so that a missing synchronisation shows as stale data. SIMT_LAZY=0: every call runs at once.
namespace simt {
enum CuError {
  kOk = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kNotInitialized = 3,
  kInvalidDevice = 101,
  kInvalidImage = 200,
  kInvalidContext = 201,
  kInvalidHandle = 400,
  kIllegalState = 401,
  kNotFound = 500,
  kNotReady = 600,
  kNotSupported = 801,
  kCaptureUnsupported = 900,
  kCaptureInvalidated = 901,
  kCaptureMerge = 902,
  kCaptureUnmatched = 903,
  kCaptureUnjoined = 904,
  kCaptureIsolation = 905,
  kCaptureImplicit = 906,
  kCapturedEvent = 907,
  kCaptureWrongThread = 908,
};
struct Stream;
struct Capture;
using StreamRef = std::shared_ptr<Stream>;
using Place = std::pair<StreamRef, uint64_t>;  // everything up to that number of a stream's closures
using Closure = std::function<int()>;

struct Op {
  Closure run;
  std::vector<Place> after;
};
struct Stream {
  bool blocking = true;  // waits for stream 0 and is waited for by it
  std::deque<Op> queue;
  uint64_t appended = 0, done = 0;
  std::shared_ptr<Capture> capture;
  std::vector<int> tail;  // while capturing: the nodes that the next one follows
};
struct Event {
  StreamRef stream;  // null: not recorded, or captured
  uint64_t place = 0;
  std::shared_ptr<Capture> capture;
  std::vector<int> tail;
  std::shared_ptr<double> time;  // milliseconds, of the last record
  bool timing = true;
};
struct Driver {
  std::recursive_mutex m;
  bool initialised = false;
  int retained = 0;
  StreamRef zero = std::make_shared<Stream>(), per_thread = std::make_shared<Stream>();
  std::vector<StreamRef> streams{zero, per_thread};
  std::map<void*, std::shared_ptr<Event>> events;
  std::map<uintptr_t, size_t> pinned;
  uint64_t rng = 1;
};
static Driver& driver() {
  static auto* d = new Driver;
  return *d;
}
static thread_local bool t_context = false;
static unsigned next_random(unsigned n) {
  Driver& d = driver();
  d.rng = d.rng * 6364136223846793005ull + 1442695040888963407ull + settings().seed;
  return unsigned(d.rng >> 33) % n;
}
static double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// ---- running
static int drain(Stream& s, uint64_t upto);
static int step(Stream& s) {  // one closure; a fault drops the rest of the stream
  Op op = std::move(s.queue.front());
  s.queue.pop_front();
  int r = 0;
  for (auto& p : op.after)
    if (!r) r = drain(*p.first, p.second);
  if (!r && op.run) r = op.run();
  s.done++;
  if (r) {
    s.queue.clear();
    s.done = s.appended;
  }
  return r;
}
static int drain(Stream& s, uint64_t upto) {
  while (s.done < upto && !s.queue.empty())
    if (int r = step(s)) return r;
  return 0;
}
static int drain(Stream& s) { return drain(s, s.appended); }
// All streams (or those that block), in the order of the schedule; the first fault is the answer.
static int drain_all(bool blocking_only) {
  std::vector<StreamRef> left;
  for (auto& s : driver().streams)
    if (!s->queue.empty() && (!blocking_only || s->blocking)) left.push_back(s);
  if (settings().schedule == 1) std::reverse(left.begin(), left.end());
  int r = 0;
  while (!left.empty()) {
    size_t i = settings().schedule == 2 ? next_random(unsigned(left.size())) : 0;
    int one = settings().schedule == 2 ? step(*left[i]) : drain(*left[i]);
    if (one && !r) r = one;
    for (size_t k = left.size(); k-- > 0;)
      if (left[k]->queue.empty()) left.erase(left.begin() + long(k));
  }
  return r;
}

// ---- appending
static int capture_op(Stream& s, Closure run);
static int spoil(Stream& s, int code, const char* text);
static StreamRef* legacy_conflict();
static int submit(const StreamRef& s, Closure run, std::vector<Place> after = {}) {
  if (s->capture) return capture_op(*s, std::move(run));
  Driver& d = driver();
  if (s == d.zero) {
    if (StreamRef* other = legacy_conflict())
      return spoil(**other, kCaptureImplicit, "stream 0 is used while a blocking stream is captured");
    for (auto& o : d.streams)
      if (o != s && o->blocking && !o->queue.empty()) after.push_back({o, o->appended});
  } else if (s->blocking && !d.zero->queue.empty())
    after.push_back({d.zero, d.zero->appended});
  s->queue.push_back({std::move(run), std::move(after)});
  s->appended++;
  return settings().lazy ? 0 : drain(*s);
}

// ---- handles
static StreamRef find_stream(void* h) {
  Driver& d = driver();
  auto u = reinterpret_cast<uintptr_t>(h);
  if (u <= 1) return d.zero;         // null and CU_STREAM_LEGACY
  if (u == 2) return d.per_thread;   // CU_STREAM_PER_THREAD
  for (size_t i = 2; i < d.streams.size(); i++)
    if (d.streams[i].get() == h) return d.streams[i];
  return nullptr;
}
static std::shared_ptr<Event> find_event(void* h) {
  auto it = driver().events.find(h);
  return it == driver().events.end() ? nullptr : it->second;
}
static bool reached(const Event& e) { return !e.stream || e.stream->done >= e.place; }

// ---- host memory: pinned memory is read and written when the copy runs, pageable memory at the call
static bool is_pinned(const void* p, size_t n) {
  auto& m = driver().pinned;
  auto u = reinterpret_cast<uintptr_t>(p);
  auto it = m.upper_bound(u);
  if (it == m.begin()) return false;
  --it;
  return u + n <= it->first + it->second;
}

// ---- what every entry point begins with
struct Call {
  std::lock_guard<std::recursive_mutex> lock;
  int state;
  explicit Call(const char* name, bool context = true) : lock(driver().m), state(0) {
    if (!driver().initialised)
      state = error(kNotInitialized, std::string(name) + ": cuInit was not called");
    else if (context && !t_context)
      state = error(kInvalidContext, std::string(name) + ": no context is current on this thread (cuCtxSetCurrent)");
  }
};
#define SIMT_CALL(context)            \
  simt::Call call_(__func__, context); \
  if (call_.state) return call_.state
#define SIMT_REQUIRE(condition, code, text) \
  do {                                      \
    if (!(condition)) return simt::error(code, std::string(__func__) + ": " + (text)); \
  } while (0)
}  // namespace simt
