// simt_driver.inl - the CUDA driver's functions under their own names: general, device, context, memory. What the
// host declares for libcuda.so.1 is unchanged; only the library differs.
extern "C" {
typedef int CUresult;
typedef uint64_t CUdeviceptr;
}
namespace simt {
struct ErrorText {
  int code;
  const char *name, *text;
};
static const ErrorText kErrors[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {401, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
    {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {600, "CUDA_ERROR_NOT_READY", "device not ready"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {715, "CUDA_ERROR_ILLEGAL_INSTRUCTION", "an illegal instruction was encountered"},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
    {902, "CUDA_ERROR_STREAM_CAPTURE_MERGE", "operation would result in a merge of separate capture sequences"},
    {903, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not ended in the same stream as it began"},
    {904, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
    {905, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION", "dependency created on uncaptured work in another stream"},
    {906, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT", "operation would make the legacy stream depend on a capturing blocking stream"},
    {907, "CUDA_ERROR_CAPTURED_EVENT", "operation not permitted on an event last recorded in a capturing stream"},
    {908, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD", "attempt to terminate a thread-local capture sequence from another thread"},
};
static const ErrorText* find_error(int code) {
  for (auto& e : kErrors)
    if (e.code == code) return &e;
  return nullptr;
}
static int g_context;  // its address is the one context
static int attribute(int which) {  // -1: not known
  bool hopper = settings().arch >= 90;
  switch (which) {
    case 1: case 2: case 3: return 1024;          // threads of a block; x; y
    case 4: return 64;                            // z
    case 5: return 0x7fffffff;                    // grid x
    case 6: case 7: return 65535;                 // grid y, z
    case 8: return 49152;                         // shared memory of a block
    case 10: return 32;                           // warp
    case 12: return 65536;                        // registers of a block
    case 13: return 1000000;                      // clock, kHz
    case 16: return settings().sms;               // multiprocessors
    case 38: return hopper ? 50 << 20 : 40 << 20; // L2 cache
    case 39: return 2048;                         // threads of a multiprocessor
    case 75: return settings().arch / 10;         // compute capability
    case 76: return settings().arch % 10;
    case 81: return hopper ? 233472 : 167936;     // shared memory of a multiprocessor
    case 97: return shared_limit();               // of a block, opt-in
    case 120: return 0;                           // clusters
    default: return -1;
  }
}
}  // namespace simt
extern "C" {
// ---- general
API CUresult cuInit(unsigned flags) {
  std::lock_guard<std::recursive_mutex> g(simt::driver().m);
  SIMT_REQUIRE(!flags, simt::kInvalidValue, "flags must be 0");
  simt::driver().initialised = true;
  return 0;
}
API CUresult cuDriverGetVersion(int* v) {
  SIMT_REQUIRE(v, simt::kInvalidValue, "null argument");
  *v = 13000;
  return 0;
}
API CUresult cuGetErrorName(int code, const char** s) {
  auto* e = simt::find_error(code);
  if (s) *s = e ? e->name : nullptr;
  return e && s ? 0 : simt::kInvalidValue;
}
API CUresult cuGetErrorString(int code, const char** s) {
  auto* e = simt::find_error(code);
  if (s) *s = e ? e->text : nullptr;
  return e && s ? 0 : simt::kInvalidValue;
}
// ---- device
API CUresult cuDeviceGetCount(int* n) {
  SIMT_CALL(false);
  SIMT_REQUIRE(n, simt::kInvalidValue, "null argument");
  *n = 1;
  return 0;
}
API CUresult cuDeviceGet(int* d, int ordinal) {
  SIMT_CALL(false);
  SIMT_REQUIRE(d, simt::kInvalidValue, "null argument");
  SIMT_REQUIRE(ordinal == 0, simt::kInvalidDevice, "the emulator is device 0");
  *d = 0;
  return 0;
}
API CUresult cuDeviceGetName(char* s, int n, int device) {
  SIMT_CALL(false);
  SIMT_REQUIRE(s && n > 0, simt::kInvalidValue, "null argument");
  SIMT_REQUIRE(device == 0, simt::kInvalidDevice, "the emulator is device 0");
#ifdef SIMT_CHECK
  snprintf(s, size_t(n), "SIMT emulator (checked)");
#else
  snprintf(s, size_t(n), "SIMT emulator");
#endif
  return 0;
}
API CUresult cuDeviceTotalMem_v2(size_t* n, int device) {
  SIMT_CALL(false);
  SIMT_REQUIRE(n, simt::kInvalidValue, "null argument");
  SIMT_REQUIRE(device == 0, simt::kInvalidDevice, "the emulator is device 0");
  *n = simt::settings().heap;
  return 0;
}
API CUresult cuDeviceGetAttribute(int* v, int which, int device) {
  SIMT_CALL(false);
  SIMT_REQUIRE(v, simt::kInvalidValue, "null argument");
  SIMT_REQUIRE(device == 0, simt::kInvalidDevice, "the emulator is device 0");
  int x = simt::attribute(which);
  SIMT_REQUIRE(x >= 0, simt::kInvalidValue, "attribute " + std::to_string(which) + " is not modelled");
  *v = x;
  return 0;
}
// ---- context
API CUresult cuDevicePrimaryCtxRetain(void** c, int device) {
  SIMT_CALL(false);
  SIMT_REQUIRE(c, simt::kInvalidValue, "null argument");
  SIMT_REQUIRE(device == 0, simt::kInvalidDevice, "the emulator is device 0");
  simt::driver().retained++;
  *c = &simt::g_context;
  return 0;
}
API CUresult cuDevicePrimaryCtxRelease_v2(int device) {
  SIMT_CALL(false);
  SIMT_REQUIRE(device == 0, simt::kInvalidDevice, "the emulator is device 0");
  SIMT_REQUIRE(simt::driver().retained > 0, simt::kInvalidContext, "released more often than retained");
  return --simt::driver().retained ? 0 : simt::drain_all(false);
}
API CUresult cuCtxSetCurrent(void* c) {
  SIMT_CALL(false);
  SIMT_REQUIRE(!c || (c == &simt::g_context && simt::driver().retained), simt::kInvalidContext, "not a live context");
  simt::t_context = c != nullptr;
  return 0;
}
API CUresult cuCtxGetCurrent(void** c) {
  SIMT_CALL(false);
  SIMT_REQUIRE(c, simt::kInvalidValue, "null argument");
  *c = simt::t_context ? &simt::g_context : nullptr;
  return 0;
}
API CUresult cuCtxSynchronize() {
  SIMT_CALL(true);
  if (int r = simt::prohibited(__func__)) return r;
  return simt::drain_all(false);
}
// ---- memory
API CUresult cuMemAlloc_v2(CUdeviceptr* p, size_t n) {
  SIMT_CALL(true);
  SIMT_REQUIRE(p && n, simt::kInvalidValue, "null argument or size 0");
  if (int r = simt::prohibited(__func__)) return r;
  *p = reinterpret_cast<CUdeviceptr>(simt::dev_alloc(n));
  SIMT_REQUIRE(*p, simt::kOutOfMemory, std::to_string(n) + " bytes do not fit (SIMT_HEAP_MB sets the device's memory)");
  return 0;
}
API CUresult cuMemFree_v2(CUdeviceptr p) {
  SIMT_CALL(true);
  if (!p) return 0;
  if (int r = simt::prohibited(__func__)) return r;
  int r = simt::drain_all(false);
  SIMT_REQUIRE(simt::dev_free(reinterpret_cast<void*>(p)), simt::kInvalidValue, "not the start of a live allocation");
  return r;
}
API CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total) {
  SIMT_CALL(true);
  SIMT_REQUIRE(free_bytes && total, simt::kInvalidValue, "null argument");
  *total = simt::heap().size;
  *free_bytes = simt::heap().size - simt::heap().used;
  return 0;
}
API CUresult cuMemHostAlloc(void** p, size_t n, unsigned) {
  SIMT_CALL(true);
  SIMT_REQUIRE(p && n, simt::kInvalidValue, "null argument or size 0");
  if (int r = simt::prohibited(__func__)) return r;
  size_t rounded = (n + 4095) / 4096 * 4096;
  *p = aligned_alloc(4096, rounded);
  SIMT_REQUIRE(*p, simt::kOutOfMemory, std::to_string(n) + " bytes of host memory");
  memset(*p, 0xff, n);
  simt::driver().pinned[reinterpret_cast<uintptr_t>(*p)] = n;
  return 0;
}
API CUresult cuMemFreeHost(void* p) {
  SIMT_CALL(true);
  auto& pinned = simt::driver().pinned;
  auto it = pinned.find(reinterpret_cast<uintptr_t>(p));
  SIMT_REQUIRE(it != pinned.end(), simt::kInvalidValue, "not memory of cuMemHostAlloc");
  if (int r = simt::prohibited(__func__)) return r;
  int r = simt::drain_all(false);
  pinned.erase(it);
  free(p);
  return r;
}
}
