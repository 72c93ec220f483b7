// simt_driver_queue.inl - streams, events, captures and graphs.
#define SIMT_EVENT(handle)                                  \
  std::shared_ptr<simt::Event> e = simt::find_event(handle); \
  SIMT_REQUIRE(e, simt::kInvalidHandle, "not a live event")
extern "C" {
// ---- streams
API CUresult cuStreamCreateWithPriority(void** out, unsigned flags, int) {
  SIMT_CALL(true);
  SIMT_REQUIRE(out && flags <= 1, simt::kInvalidValue, "null argument or unknown flags");
  auto s = std::make_shared<simt::Stream>();
  s->blocking = !(flags & 1);
  simt::driver().streams.push_back(s);
  *out = s.get();
  return 0;
}
API CUresult cuStreamCreate(void** out, unsigned flags) { return cuStreamCreateWithPriority(out, flags, 0); }
API CUresult cuStreamDestroy_v2(void* stream) {
  SIMT_CALL(true);
  SIMT_REQUIRE(reinterpret_cast<uintptr_t>(stream) > 2, simt::kInvalidHandle, "stream 0 cannot be destroyed");
  SIMT_STREAM(stream);
  SIMT_REQUIRE(!s->capture, simt::kIllegalState, "the stream is being captured");
  int r = simt::drain(*s);
  auto& all = simt::driver().streams;
  all.erase(std::find(all.begin(), all.end(), s));
  return r;
}
API CUresult cuStreamSynchronize(void* stream) {
  SIMT_CALL(true);
  SIMT_STREAM(stream);
  if (s->capture) return simt::spoil(*s, simt::kCaptureUnsupported, "cuStreamSynchronize: the stream is being captured");
  return simt::drain(*s);
}
API CUresult cuStreamQuery(void* stream) {
  SIMT_CALL(true);
  SIMT_STREAM(stream);
  if (s->capture) return simt::spoil(*s, simt::kCaptureUnsupported, "cuStreamQuery: the stream is being captured");
  if (s->queue.empty()) return 0;
  if (int r = simt::step(*s)) return r;
  return simt::kNotReady;
}
API CUresult cuStreamWaitEvent(void* stream, void* event, unsigned) {
  SIMT_CALL(true);
  SIMT_STREAM(stream);
  SIMT_EVENT(event);
  return simt::wait_event(s, *e);
}
// ---- events
API CUresult cuEventCreate(void** out, unsigned flags) {
  SIMT_CALL(true);
  SIMT_REQUIRE(out, simt::kInvalidValue, "null argument");
  auto e = std::make_shared<simt::Event>();
  e->timing = !(flags & 2);
  simt::driver().events[e.get()] = e;
  *out = e.get();
  return 0;
}
API CUresult cuEventDestroy_v2(void* event) {
  SIMT_CALL(true);
  SIMT_REQUIRE(simt::driver().events.erase(event), simt::kInvalidHandle, "not a live event");
  return 0;
}
API CUresult cuEventRecord(void* event, void* stream) {
  SIMT_CALL(true);
  SIMT_EVENT(event);
  SIMT_STREAM(stream);
  return simt::record(*e, s);
}
API CUresult cuEventQuery(void* event) {
  SIMT_CALL(true);
  SIMT_EVENT(event);
  SIMT_REQUIRE(!e->capture, simt::kCapturedEvent, "the event was recorded in a capture");
  if (int r = simt::prohibited(__func__)) return r;
  if (simt::reached(*e)) return 0;
  if (int r = simt::step(*e->stream)) return r;
  return simt::kNotReady;
}
API CUresult cuEventSynchronize(void* event) {
  SIMT_CALL(true);
  SIMT_EVENT(event);
  SIMT_REQUIRE(!e->capture, simt::kCapturedEvent, "the event was recorded in a capture");
  if (int r = simt::prohibited(__func__)) return r;
  return e->stream ? simt::drain(*e->stream, e->place) : 0;
}
API CUresult cuEventElapsedTime(float* ms, void* first, void* second) {
  SIMT_CALL(true);
  auto a = simt::find_event(first), b = simt::find_event(second);
  SIMT_REQUIRE(ms, simt::kInvalidValue, "null argument");
  SIMT_REQUIRE(a && b && a->timing && b->timing && a->stream && b->stream, simt::kInvalidHandle,
               "both events must be recorded, with timing");
  SIMT_REQUIRE(simt::reached(*a) && simt::reached(*b), simt::kNotReady, "an event is not reached yet");
  *ms = float(*b->time - *a->time);
  return 0;
}
// ---- captures and graphs
API CUresult cuStreamBeginCapture_v2(void* stream, int mode) {
  SIMT_CALL(true);
  SIMT_STREAM(stream);
  return simt::begin_capture(s, mode);
}
API CUresult cuStreamEndCapture(void* stream, void** graph) {
  SIMT_CALL(true);
  SIMT_REQUIRE(graph, simt::kInvalidValue, "null argument");
  SIMT_STREAM(stream);
  return simt::end_capture(s, graph);
}
API CUresult cuStreamIsCapturing(void* stream, int* status) {
  SIMT_CALL(true);
  SIMT_REQUIRE(status, simt::kInvalidValue, "null argument");
  SIMT_STREAM(stream);
  *status = !s->capture ? 0 : s->capture->spoilt ? 2 : 1;
  return 0;
}
API CUresult cuGraphInstantiateWithFlags(void** exec, void* graph, unsigned long long) {
  SIMT_CALL(true);
  SIMT_REQUIRE(exec, simt::kInvalidValue, "null argument");
  auto it = simt::graphs().find(graph);
  SIMT_REQUIRE(it != simt::graphs().end(), simt::kInvalidHandle, "not a live graph");
  auto x = std::make_shared<simt::Graph>(*it->second);
  simt::graph_execs()[x.get()] = x;
  *exec = x.get();
  return 0;
}
API CUresult cuGraphLaunch(void* exec, void* stream) {
  SIMT_CALL(true);
  auto it = simt::graph_execs().find(exec);
  SIMT_REQUIRE(it != simt::graph_execs().end(), simt::kInvalidHandle, "not a live graph");
  SIMT_STREAM(stream);
  std::shared_ptr<simt::Graph> g = it->second;
  return simt::submit(s, [g] { return simt::run_graph(*g); });
}
API CUresult cuGraphExecDestroy(void* exec) {
  SIMT_CALL(true);
  SIMT_REQUIRE(simt::graph_execs().erase(exec), simt::kInvalidHandle, "not a live graph");
  return 0;
}
API CUresult cuGraphDestroy(void* graph) {
  SIMT_CALL(true);
  SIMT_REQUIRE(simt::graphs().erase(graph), simt::kInvalidHandle, "not a live graph");
  return 0;
}
}
