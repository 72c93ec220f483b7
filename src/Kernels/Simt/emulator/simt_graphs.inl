// simt_graphs.inl - capture: the closures of a capturing stream become nodes of a graph, with the dependencies that
// streams and events give them. A launch runs the nodes in any order that these allow.
namespace simt {
struct Node {
  Closure run;
  std::vector<int> after;
};
struct Graph {
  std::vector<Node> nodes;
};
struct Capture {
  Graph graph;
  int mode = 0;  // 0 global, 1 this thread, 2 relaxed
  std::thread::id thread;
  Stream* origin = nullptr;
  bool spoilt = false, ended = false;
};
static std::map<void*, std::shared_ptr<Graph>>& graphs() {
  static auto* g = new std::map<void*, std::shared_ptr<Graph>>;
  return *g;
}
static std::map<void*, std::shared_ptr<Graph>>& graph_execs() {
  static auto* g = new std::map<void*, std::shared_ptr<Graph>>;
  return *g;
}
static int spoil(Stream& s, int code, const char* text) {
  if (s.capture) s.capture->spoilt = true;
  return error(code, text);
}
static int capture_op(Stream& s, Closure run) {
  Capture& c = *s.capture;
  if (c.spoilt) return error(kCaptureInvalidated, "the capture was spoilt by an earlier call");
  c.graph.nodes.push_back({std::move(run), s.tail});
  s.tail = {int(c.graph.nodes.size()) - 1};
  return 0;
}
static StreamRef* legacy_conflict() {
  for (auto& s : driver().streams)
    if (s->blocking && s->capture) return &s;
  return nullptr;
}
// Calls that synchronise or allocate are not allowed while a capture that is not relaxed goes on.
static int prohibited(const char* name) {
  for (auto& s : driver().streams)
    if (s->capture && (s->capture->mode == 0 || (s->capture->mode == 1 && s->capture->thread == std::this_thread::get_id())))
      return spoil(*s, kCaptureUnsupported, (std::string(name) + ": not allowed while a stream is captured").c_str());
  return 0;
}
static int begin_capture(const StreamRef& s, int mode) {
  if (s == driver().zero) return error(kCaptureUnsupported, "cuStreamBeginCapture: stream 0 cannot be captured");
  if (mode < 0 || mode > 2) return error(kInvalidValue, "cuStreamBeginCapture: unknown mode");
  if (s->capture) return error(kIllegalState, "cuStreamBeginCapture: the stream is being captured");
  s->capture = std::make_shared<Capture>();
  s->capture->mode = mode;
  s->capture->thread = std::this_thread::get_id();
  s->capture->origin = s.get();
  s->tail.clear();
  return 0;
}
static bool all_joined(const Capture& c, const Stream& origin) {
  std::vector<char> seen(c.graph.nodes.size(), 0);
  std::vector<int> open = origin.tail;
  while (!open.empty()) {
    int n = open.back();
    open.pop_back();
    if (seen[size_t(n)]++) continue;
    for (int a : c.graph.nodes[size_t(n)].after) open.push_back(a);
  }
  for (auto& s : driver().streams)
    if (s->capture.get() == &c)
      for (int n : s->tail)
        if (!seen[size_t(n)]) return false;
  return true;
}
static int end_capture(const StreamRef& s, void** out) {
  *out = nullptr;
  auto c = s->capture;
  if (!c) return error(kIllegalState, "cuStreamEndCapture: the stream is not being captured");
  if (c->origin != s.get()) {
    c->spoilt = true;
    return error(kCaptureUnmatched, "cuStreamEndCapture: the capture began on another stream");
  }
  if (c->mode != 2 && c->thread != std::this_thread::get_id())
    return error(kCaptureWrongThread, "cuStreamEndCapture: the capture began on another thread");
  bool joined = all_joined(*c, *s);
  c->ended = true;
  for (auto& o : driver().streams)
    if (o->capture == c) {
      o->capture = nullptr;
      o->tail.clear();
    }
  if (c->spoilt) return error(kCaptureInvalidated, "cuStreamEndCapture: the capture was spoilt by an earlier call");
  if (!joined)
    return error(kCaptureUnjoined, "cuStreamEndCapture: a stream that joined by an event was not joined back");
  auto g = std::make_shared<Graph>(std::move(c->graph));
  graphs()[g.get()] = g;
  *out = g.get();
  return 0;
}

// ---- events inside and outside of captures
static int record(Event& e, const StreamRef& s) {
  if (s->capture) {
    if (s->capture->spoilt) return error(kCaptureInvalidated, "cuEventRecord: the capture was spoilt by an earlier call");
    e.stream = nullptr;
    e.capture = s->capture;
    e.tail = s->tail;
    return 0;
  }
  e.capture = nullptr;
  auto time = e.time = std::make_shared<double>(-1.0);
  e.stream = s;
  e.place = s->appended + 1;
  return submit(s, [time] {
    *time = now_ms();
    return 0;
  });
}
static int wait_event(const StreamRef& s, const Event& e) {
  if (e.capture) {
    if (e.capture->ended) return error(kCapturedEvent, "cuStreamWaitEvent: the event was recorded in an ended capture");
    if (s->capture && s->capture != e.capture) {
      s->capture->spoilt = e.capture->spoilt = true;
      return error(kCaptureMerge, "cuStreamWaitEvent: the event belongs to another capture");
    }
    if (s == driver().zero) {
      e.capture->spoilt = true;
      return error(kCaptureImplicit, "cuStreamWaitEvent: stream 0 cannot join a capture");
    }
    if (!s->capture) {
      s->capture = e.capture;
      s->tail.clear();
    }
    for (int n : e.tail)
      if (std::find(s->tail.begin(), s->tail.end(), n) == s->tail.end()) s->tail.push_back(n);
    return 0;
  }
  if (!e.stream) return 0;  // never recorded
  if (s->capture) return spoil(*s, kCaptureIsolation, "cuStreamWaitEvent: the event was recorded outside of the capture");
  return submit(s, nullptr, {{e.stream, e.place}});
}

// ---- launching: among the nodes that are ready the schedule chooses
static int run_graph(const Graph& g) {
  std::vector<int> missing(g.nodes.size());
  std::vector<std::vector<int>> next(g.nodes.size());
  std::set<int> ready;
  for (size_t i = 0; i < g.nodes.size(); i++) {
    missing[i] = int(g.nodes[i].after.size());
    for (int a : g.nodes[i].after) next[size_t(a)].push_back(int(i));
    if (!missing[i]) ready.insert(int(i));
  }
  while (!ready.empty()) {
    auto it = ready.begin();
    if (settings().schedule == 1) it = std::prev(ready.end());
    if (settings().schedule == 2) std::advance(it, next_random(unsigned(ready.size())));
    int n = *it;
    ready.erase(it);
    if (int r = g.nodes[size_t(n)].run()) return r;
    for (int k : next[size_t(n)])
      if (--missing[size_t(k)] == 0) ready.insert(k);
  }
  return 0;
}
}  // namespace simt
