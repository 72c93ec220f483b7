// graphs_test.cpp - capture and graphs: right programs give equal data however often and in whatever order they run; each
// breach of the rules gives its error, or stale data where a dependency is missing.
#include "test.h"

static bool all(Device d, float v) {
  for (int i = 0; i < N; i++)
    if (reinterpret_cast<const float*>(d)[i] != v) return false;
  return true;
}
static void* instantiate(void* graph) {
  void* exec = nullptr;
  IS(0, cuGraphInstantiateWithFlags(&exec, graph, 0));
  IS(0, cuGraphDestroy(graph));
  return exec;
}
static void one_stream() {
  Bench t;
  void* graph = nullptr;
  int status = -1;
  IS(0, cuStreamBeginCapture_v2(t.a, 0));
  IS(0, cuStreamIsCapturing(t.a, &status));
  TRUE_(status == 1);
  IS(0, t.plus_one(t.e, t.d, t.a));
  IS(0, cuMemcpyDtoDAsync_v2(t.d, t.e, N * 4, t.a));
  IS(0, cuStreamEndCapture(t.a, &graph));
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(all(t.d, 0));  // captured, not run
  void* exec = instantiate(graph);
  for (int i = 0; i < 3; i++) IS(0, cuGraphLaunch(exec, t.a));
  TRUE_(all(t.d, 0));
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(all(t.d, 3));
  IS(0, cuGraphExecDestroy(exec));
  IS(400, cuGraphLaunch(exec, t.a));
  IS(400, cuGraphDestroy(graph));
}
// a: fill d, then both branches add one to d: b into e, a into f; joined: d = e + 1.
static void fork_and_join(bool wait) {
  Bench t;
  Device f = 0;
  void *graph = nullptr, *joined = nullptr;
  IS(0, cuMemAlloc_v2(&f, N * 4));
  IS(0, cuMemsetD32_v2(f, 0, N));
  IS(0, cuEventCreate(&joined, 2));
  IS(0, cuStreamBeginCapture_v2(t.a, 0));
  IS(0, cuEventRecord(t.event, t.a));
  IS(0, cuStreamWaitEvent(t.b, t.event, 0));
  IS(0, t.fill(t.d, 5, t.a));
  if (wait) {
    IS(0, cuEventRecord(t.event, t.a));
    IS(0, cuStreamWaitEvent(t.b, t.event, 0));
  }
  IS(0, t.plus_one(t.e, t.d, t.b));
  IS(0, cuEventRecord(joined, t.b));
  IS(0, cuStreamWaitEvent(t.a, joined, 0));
  IS(0, t.plus_one(f, t.e, t.a));
  IS(0, cuStreamEndCapture(t.a, &graph));
  void* exec = instantiate(graph);
  bool stale = false;
  for (int seed = 0; seed < 8; seed++) {
    simt_schedule(seed == 0 ? 0 : seed == 1 ? 1 : 2, uint64_t(seed));
    IS(0, cuMemsetD32_v2(t.d, 0, N));
    IS(0, cuGraphLaunch(exec, t.b));
    IS(0, cuStreamSynchronize(t.b));
    stale |= !all(f, 7);
  }
  simt_schedule(0, 0);
  TRUE_(stale == !wait);  // the missing wait shows in some order of the nodes
  IS(0, cuGraphExecDestroy(exec));
  IS(0, cuEventDestroy_v2(joined));
  IS(0, cuMemFree_v2(f));
}
static void breaches() {
  Bench t;
  void *graph = nullptr, *p = nullptr;
  Device d = 0;
  float h[4] = {};
  int status = 0;
  struct Case {
    const char* name;
    int (*call)(Bench&);
  };
  static const Case cases[] = {
      {"synchronise the stream", [](Bench& b) { return cuStreamSynchronize(b.a); }},
      {"query the stream", [](Bench& b) { return cuStreamQuery(b.a); }},
      {"synchronise everything", [](Bench&) { return cuCtxSynchronize(); }},
      {"synchronous copy", [](Bench& b) { return cuMemcpyHtoD_v2(b.d, b.host, 4); }},
      {"synchronous fill", [](Bench& b) { return cuMemsetD8_v2(b.d, 0, 4); }},
      {"free", [](Bench& b) { return cuMemFree_v2(b.d); }},
      {"query an event", [](Bench&) {
         void* e = nullptr;
         cuEventCreate(&e, 0);
         int r = cuEventQuery(e);
         cuEventDestroy_v2(e);
         return r;
       }},
  };
  for (auto& c : cases) {
    IS(0, cuStreamBeginCapture_v2(t.a, 0));
    IS(0, t.fill(t.d, 1, t.a));
    check(c.call(t) == 900, c.name, simt_last_error());
    IS(0, cuStreamIsCapturing(t.a, &status));
    TRUE_(status == 2);
    IS(901, t.fill(t.d, 1, t.a));
    IS(901, cuStreamEndCapture(t.a, &graph));
    TRUE_(graph == nullptr);
  }
  // Allocating: only while relaxed.
  IS(0, cuStreamBeginCapture_v2(t.a, 1));
  IS(900, cuMemAlloc_v2(&d, 4));
  IS(901, cuStreamEndCapture(t.a, &graph));
  IS(0, cuStreamBeginCapture_v2(t.a, 2));
  IS(0, cuMemAlloc_v2(&d, 4));
  IS(0, cuStreamEndCapture(t.a, &graph));
  IS(0, cuMemFree_v2(d));
  IS(0, cuGraphDestroy(graph));
  // A captured event is nothing to wait for outside.
  IS(0, cuStreamBeginCapture_v2(t.a, 0));
  IS(0, cuEventRecord(t.event, t.a));
  IS(907, cuEventQuery(t.event));
  IS(907, cuEventSynchronize(t.event));
  IS(0, cuStreamEndCapture(t.a, &graph));
  IS(0, cuGraphDestroy(graph));
  IS(907, cuStreamWaitEvent(t.b, t.event, 0));
  // An event from outside is nothing to wait for inside.
  IS(0, cuEventRecord(t.event, t.b));
  IS(0, cuStreamBeginCapture_v2(t.a, 0));
  IS(905, cuStreamWaitEvent(t.a, t.event, 0));
  IS(901, cuStreamEndCapture(t.a, &graph));
  // Work of a joined stream must come back.
  IS(0, cuStreamBeginCapture_v2(t.a, 0));
  IS(0, cuEventRecord(t.event, t.a));
  IS(0, cuStreamWaitEvent(t.b, t.event, 0));
  IS(0, t.fill(t.d, 1, t.b));
  IS(904, cuStreamEndCapture(t.a, &graph));
  // Two captures do not mix; a capture ends where it began, on the thread that began it.
  IS(0, cuStreamBeginCapture_v2(t.a, 0));
  IS(401, cuStreamBeginCapture_v2(t.a, 0));
  IS(0, cuStreamBeginCapture_v2(t.b, 0));
  IS(0, cuEventRecord(t.event, t.a));
  IS(902, cuStreamWaitEvent(t.b, t.event, 0));
  IS(901, cuStreamEndCapture(t.a, &graph));
  IS(901, cuStreamEndCapture(t.b, &graph));
  IS(0, cuStreamBeginCapture_v2(t.a, 0));
  IS(0, cuEventRecord(t.event, t.a));
  IS(0, cuStreamWaitEvent(t.b, t.event, 0));
  IS(903, cuStreamEndCapture(t.b, &graph));
  IS(901, cuStreamEndCapture(t.a, &graph));
  IS(401, cuStreamEndCapture(t.a, &graph));
  IS(0, cuStreamBeginCapture_v2(t.a, 0));
  int other = 0;
  void* context = nullptr;
  cuCtxGetCurrent(&context);
  std::thread([&] {
    cuCtxSetCurrent(context);
    other = cuStreamEndCapture(t.a, &p);
  }).join();
  TRUE_(other == 908);
  IS(0, cuStreamEndCapture(t.a, &graph));
  IS(0, cuGraphDestroy(graph));
  // Stream 0 is no place to capture, nor to work while a blocking stream is captured.
  IS(900, cuStreamBeginCapture_v2(nullptr, 0));
  IS(0, cuStreamCreate(&p, 0));
  IS(0, cuStreamBeginCapture_v2(p, 2));
  IS(906, t.fill(t.d, 1, nullptr));
  IS(901, cuStreamEndCapture(p, &graph));
  IS(0, cuStreamDestroy_v2(p));
  // What was captured was never run.
  IS(0, cuMemcpyDtoH_v2(h, t.d, 16));
  TRUE_(h[0] == 0 && h[3] == 0);
}
static void fault_inside() {
  Bench t;
  void* graph = nullptr;
  void* args[] = {&t.d};
  IS(0, cuStreamBeginCapture_v2(t.a, 0));
  IS(0, cuLaunchKernel(function("misaligned"), 1, 1, 1, 32, 1, 1, 0, t.a, args, nullptr));
  IS(0, t.fill(t.d, 1, t.a));
  IS(0, cuStreamEndCapture(t.a, &graph));
  void* exec = instantiate(graph);
  IS(0, cuGraphLaunch(exec, t.a));
  IS(716, cuStreamSynchronize(t.a));
  TRUE_(all(t.d, 0));
  IS(0, cuGraphExecDestroy(exec));
}
void graph_tests() {
  one_stream();
  fork_and_join(true);
  fork_and_join(false);
  breaches();
  fault_inside();
}
