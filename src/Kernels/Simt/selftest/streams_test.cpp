// streams_test.cpp - the rules of streams, events and copies. Each breach must show as stale data (0xFF or what was there
// before) or as an error; each right program must give the new data, in every schedule, lazy or not.
#include "test.h"

static bool all(const float* p, float v) {
  for (int i = 0; i < N; i++)
    if (p[i] != v) return false;
  return true;
}
static const float* memory(Device d) { return reinterpret_cast<const float*>(d); }
static bool poisoned(const float* p) {
  unsigned u;
  memcpy(&u, p, 4);
  return u == 0xffffffffu;
}

// ---- right programs
static void right_programs(bool lazy) {
  Bench t;
  simt_lazy(lazy);
  // A copy in, a kernel, a copy out: pinned memory, one stream.
  for (int i = 0; i < N; i++) t.host[i] = 1;
  IS(0, cuMemcpyHtoDAsync_v2(t.d, t.host, N * 4, t.a));
  IS(0, t.plus_one(t.e, t.d, t.a));
  IS(0, cuMemcpyDtoHAsync_v2(t.more, t.e, N * 4, t.a));
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(all(t.more, 2));
  // Two streams and an event.
  IS(0, t.fill(t.d, 5, t.a));
  IS(0, cuEventRecord(t.event, t.a));
  IS(0, cuStreamWaitEvent(t.b, t.event, 0));
  IS(0, t.plus_one(t.e, t.d, t.b));
  IS(0, cuStreamSynchronize(t.b));
  TRUE_(all(memory(t.e), 6));
  // An event recorded again counts from its last record; one never recorded holds nobody up.
  void* fresh = nullptr;
  IS(0, cuEventCreate(&fresh, 2));
  IS(0, cuStreamWaitEvent(t.b, fresh, 0));
  IS(0, cuEventQuery(fresh));
  IS(0, cuEventSynchronize(fresh));
  IS(0, cuEventDestroy_v2(fresh));
  IS(400, cuEventDestroy_v2(fresh));
  // A host function runs in its place.
  struct Seen {
    const float* d;
    float value;
  } seen = {memory(t.d), 0};
  IS(0, t.fill(t.d, 7, t.a));
  IS(0, cuLaunchHostFunc(t.a, [](void* p) { static_cast<Seen*>(p)->value = static_cast<Seen*>(p)->d[3]; }, &seen));
  IS(0, t.fill(t.d, 8, t.a));
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(seen.value == 7 && all(memory(t.d), 8));
  // Fills and copies on the device, asynchronous.
  IS(0, cuMemsetD32Async(t.d, 0x40400000, N, t.a));
  IS(0, cuMemcpyDtoDAsync_v2(t.e, t.d, N * 4, t.a));
  IS(0, cuMemsetD8Async(t.d, 0, N * 4, t.a));
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(all(memory(t.e), 3) && all(memory(t.d), 0));
  // Times: recorded when they are reached.
  void* later = nullptr;
  float ms = -1;
  IS(0, cuEventCreate(&later, 0));
  IS(0, cuEventRecord(t.event, t.a));
  IS(0, t.fill(t.d, 1, t.a));
  IS(0, cuEventRecord(later, t.a));
  if (lazy) IS(600, cuEventElapsedTime(&ms, t.event, later));
  IS(0, cuEventSynchronize(later));
  IS(0, cuEventElapsedTime(&ms, t.event, later));
  TRUE_(ms >= 0);
  IS(0, cuEventDestroy_v2(later));
  simt_lazy(1);
}
// ---- breaches
static void forgotten_synchronisation() {
  Bench t;
  IS(0, t.fill(t.d, 1, t.a));
  IS(0, cuMemcpyDtoHAsync_v2(t.host, t.d, N * 4, t.a));
  TRUE_(poisoned(t.host));
  IS(0, cuStreamSynchronize(t.b));  // the other one
  TRUE_(poisoned(t.host));
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(all(t.host, 1));
}
static void forgotten_wait() {
  Bench t;
  IS(0, t.fill(t.d, 5, t.a));
  IS(0, cuEventRecord(t.event, t.a));
  IS(0, t.plus_one(t.e, t.d, t.b));
  IS(0, cuStreamSynchronize(t.b));
  TRUE_(all(memory(t.e), 1));  // of the zeros that were there before
}
static void event_recorded_too_early() {
  Bench t;
  IS(0, cuEventRecord(t.event, t.a));
  IS(0, t.fill(t.d, 5, t.a));
  IS(0, cuStreamWaitEvent(t.b, t.event, 0));
  IS(0, t.plus_one(t.e, t.d, t.b));
  IS(0, cuStreamSynchronize(t.b));
  TRUE_(all(memory(t.e), 1));
  IS(0, cuEventSynchronize(t.event));
  TRUE_(all(memory(t.d), 0));
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(all(memory(t.d), 5));
}
static void synchronous_copy_after_non_blocking_work() {
  Bench t;
  std::vector<float> h(N);
  IS(0, t.fill(t.d, 5, t.a));
  IS(0, cuMemcpyDtoH_v2(h.data(), t.d, N * 4));
  TRUE_(all(h.data(), 0));
  IS(0, cuMemsetD32_v2(t.e, 0, N));
  TRUE_(all(memory(t.d), 0));
}
static void blocking_streams_and_stream_zero() {
  Bench t;
  void* blocking = nullptr;
  std::vector<float> h(N);
  IS(0, cuStreamCreate(&blocking, 0));
  IS(0, t.fill(t.d, 5, blocking));
  IS(0, cuMemcpyDtoH_v2(h.data(), t.d, N * 4));
  TRUE_(all(h.data(), 5));
  IS(0, t.fill(t.d, 6, nullptr));  // stream 0, then the blocking stream, then stream 0
  IS(0, t.plus_one(t.e, t.d, blocking));
  IS(0, t.plus_one(t.d, t.e, nullptr));
  IS(0, cuStreamSynchronize(nullptr));
  TRUE_(all(memory(t.d), 8));
  IS(0, t.fill(t.d, 9, nullptr));
  IS(0, t.plus_one(t.e, t.d, t.a));  // not blocking: does not wait for stream 0
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(all(memory(t.e), 9));
  IS(0, cuStreamDestroy_v2(blocking));
  IS(400, cuStreamSynchronize(blocking));
}
static void source_changed_before_the_copy_ran() {
  Bench t;
  std::vector<float> pageable(N, 1);
  for (int i = 0; i < N; i++) t.host[i] = 1;
  IS(0, cuMemcpyHtoDAsync_v2(t.d, t.host, N * 4, t.a));
  IS(0, cuMemcpyHtoDAsync_v2(t.e, pageable.data(), N * 4, t.a));
  for (int i = 0; i < N; i++) t.host[i] = pageable[size_t(i)] = 2;
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(all(memory(t.d), 2));  // pinned memory is read when the copy runs
  TRUE_(all(memory(t.e), 1));  // pageable memory at the call
  IS(0, t.fill(t.d, 4, t.a));
  IS(0, cuMemcpyDtoHAsync_v2(pageable.data(), t.d, N * 4, t.a));
  TRUE_(all(pageable.data(), 4));  // a pageable target is complete at return
}
static void polling_ends() {
  Bench t;
  IS(0, t.fill(t.d, 5, t.a));
  IS(0, cuEventRecord(t.event, t.a));
  int polls = 0, r;
  while ((r = cuEventQuery(t.event)) == 600) polls++;
  TRUE_(r == 0 && polls > 0 && polls < 10 && all(memory(t.d), 5));
  IS(0, t.fill(t.d, 6, t.a));
  for (polls = 0; (r = cuStreamQuery(t.a)) == 600;) polls++;
  TRUE_(r == 0 && polls > 0 && polls < 10 && all(memory(t.d), 6));
}
static void freeing_and_destroying_finish_the_work() {
  Bench t;
  Device scratch = 0;
  IS(0, cuMemAlloc_v2(&scratch, N * 4));
  IS(0, t.fill(scratch, 5, t.a));
  IS(0, cuMemcpyDtoDAsync_v2(t.d, scratch, N * 4, t.a));
  IS(0, cuMemFree_v2(scratch));
  TRUE_(all(memory(t.d), 5));
  void* s = nullptr;
  IS(0, cuStreamCreate(&s, 1));
  IS(0, t.fill(t.e, 7, s));
  IS(0, cuStreamDestroy_v2(s));
  TRUE_(all(memory(t.e), 7));
  IS(400, t.fill(t.e, 8, s));
  IS(400, cuStreamWaitEvent(s, t.event, 0));
  IS(400, cuEventRecord(s, t.a));
}
void stream_tests() {
  for (int mode = 0; mode < 3; mode++) {
    simt_schedule(mode, 11);
    right_programs(true);
    right_programs(false);
    forgotten_synchronisation();
    forgotten_wait();
    event_recorded_too_early();
    synchronous_copy_after_non_blocking_work();
    blocking_streams_and_stream_zero();
    source_changed_before_the_copy_ran();
    polling_ends();
    freeing_and_destroying_finish_the_work();
  }
  simt_schedule(0, 0);
}
