// simt_driver_run.inl - modules, functions, launches, copies and fills.
namespace simt {
static uint64_t source_hash();
static bool has_variant(const std::string& name);
struct Module {
  std::string variant;
};
static std::set<void*>& modules() {
  static auto* m = new std::set<void*>;
  return *m;
}
static Kernel* kernel_handle(void* f) {
  for (Kernel* k = g_kernels; k; k = k->next)
    if (k == f) return k;
  return nullptr;
}
// The arguments of a launch, copied by the sizes that the kernel registered.
struct Arguments {
  std::vector<char> bytes;
  std::vector<void*> pointers;
  Arguments(const Kernel* k, void** from) : pointers(size_t(k->nargs)) {
    size_t total = 0;
    for (int i = 0; i < k->nargs; i++) total += (k->sizes[i] + 15u) / 16 * 16;
    bytes.resize(total + 64);
    char* at = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(bytes.data()) + 63) & ~uintptr_t(63));
    for (int i = 0; i < k->nargs; i++) {
      memcpy(at, from[i], k->sizes[i]);
      pointers[size_t(i)] = at;
      at += (k->sizes[i] + 15u) / 16 * 16;
    }
  }
};
static int enqueue_launch(void* f, dim3 grid, dim3 block, unsigned shared, void* stream, void** params) {
  Kernel* k = kernel_handle(f);
  if (!k) return error(kInvalidHandle, "cuLaunchKernel: not a function of a loaded module");
  StreamRef s = find_stream(stream);
  if (!s) return error(kInvalidHandle, "cuLaunchKernel: not a live stream");
  if (k->nargs && !params) return error(kInvalidValue, std::string(k->name) + ": no arguments given");
  for (int i = 0; i < k->nargs; i++)
    if (!params[i]) return error(kInvalidValue, std::string(k->name) + ": argument " + std::to_string(i) + " is null");
  if (int r = check_launch(k, grid, block, shared, true)) return r;
  auto args = std::make_shared<Arguments>(k, params);
  return submit(s, [=] { return launch(k, grid, block, shared, args->pointers.data()); });
}

static void* device(CUdeviceptr p) { return reinterpret_cast<void*>(p); }
static std::string outside(CUdeviceptr p, size_t n) {
  char s[200];
  snprintf(s, sizeof s, "%zu bytes at 0x%llx are not inside one allocation", n, static_cast<unsigned long long>(p));
  return s;
}
static int copy_in(void* to, const void* from, size_t n) {
  memcpy(to, from, n);
  host_wrote(to, n);
  return 0;
}
static int copy_out(void* to, const void* from, size_t n) {
  memcpy(to, from, n);
  size_t bad = first_uninitialised(from, n);
  if (bad == n) return 0;
  char s[200];
  snprintf(s, sizeof s, "copy to the host of %zu bytes at %p: byte %zu was never written", n, from, bad);
  return error(kFault, s);
}
static int copy_inside(void* to, const void* from, size_t n) {
  copy_marks(to, from, n);
  memmove(to, from, n);
  return 0;
}
static int fill8(void* to, unsigned char v, size_t n) {
  memset(to, v, n);
  host_wrote(to, n);
  return 0;
}
static int fill32(void* to, unsigned v, size_t n) {
  for (size_t i = 0; i < n; i++) memcpy(static_cast<char*>(to) + 4 * i, &v, 4);
  host_wrote(to, 4 * n);
  return 0;
}
// Synchronous copies and fills: stream 0 and the blocking streams finish first, others do not.
static int before_sync(const char* name) {
  if (int r = prohibited(name)) return r;
  return drain_all(true);
}
}  // namespace simt
#define SIMT_DEVICE(p, n) SIMT_REQUIRE(simt::dev_range(simt::device(p), n), simt::kInvalidValue, simt::outside(p, n))
#define SIMT_STREAM(handle)                      \
  simt::StreamRef s = simt::find_stream(handle); \
  SIMT_REQUIRE(s, simt::kInvalidHandle, "not a live stream")
extern "C" {
// ---- modules: an image is "SIMT", the hash of kernels.cu, the name of the specialisation
API CUresult cuModuleLoadData(void** m, const void* image) {
  SIMT_CALL(true);
  SIMT_REQUIRE(m && image, simt::kInvalidValue, "null argument");
  auto* p = static_cast<const char*>(image);
  SIMT_REQUIRE(!memcmp(p, "SIMT", 4), simt::kInvalidImage, "not an image of the emulator's compiler");
  uint64_t hash;
  memcpy(&hash, p + 4, 8);
  SIMT_REQUIRE(hash == simt::source_hash(), simt::kInvalidImage, "image of another kernels.cu");
  SIMT_REQUIRE(simt::has_variant(p + 12), simt::kInvalidImage, std::string("no specialisation ") + (p + 12));
  auto* x = new simt::Module{p + 12};
  simt::modules().insert(x);
  *m = x;
  return 0;
}
API CUresult cuModuleLoadDataEx(void** m, const void* image, unsigned, int*, void**) {
  return cuModuleLoadData(m, image);
}
API CUresult cuModuleGetFunction(void** f, void* m, const char* name) {
  SIMT_CALL(true);
  SIMT_REQUIRE(f && name, simt::kInvalidValue, "null argument");
  SIMT_REQUIRE(simt::modules().count(m), simt::kInvalidHandle, "not a loaded module");
  auto& variant = static_cast<simt::Module*>(m)->variant;
  std::string full = variant.empty() ? name : variant + "/" + name;
  *f = simt::find(full.c_str());
  SIMT_REQUIRE(*f, simt::kNotFound, "no kernel " + full);
  return 0;
}
API CUresult cuModuleUnload(void* m) {
  SIMT_CALL(true);
  SIMT_REQUIRE(simt::modules().erase(m), simt::kInvalidHandle, "not a loaded module");
  int r = simt::drain_all(false);
  delete static_cast<simt::Module*>(m);
  return r;
}
// ---- functions
API CUresult cuFuncSetAttribute(void* f, int which, int value) {
  SIMT_CALL(true);
  auto* k = simt::kernel_handle(f);
  SIMT_REQUIRE(k, simt::kInvalidHandle, "not a function of a loaded module");
  if (which == 9) return 0;  // carveout: a hint
  SIMT_REQUIRE(which == 8, simt::kInvalidValue, "attribute " + std::to_string(which) + " cannot be set");
  SIMT_REQUIRE(value >= 0 && value <= simt::shared_limit(), simt::kInvalidValue,
               std::to_string(value) + " bytes of dynamic shared memory, at most " + std::to_string(simt::shared_limit()));
  k->max_dynamic = value;
  return 0;
}
API CUresult cuFuncGetAttribute(int* v, int which, void* f) {
  SIMT_CALL(true);
  auto* k = simt::kernel_handle(f);
  SIMT_REQUIRE(v, simt::kInvalidValue, "null argument");
  SIMT_REQUIRE(k, simt::kInvalidHandle, "not a function of a loaded module");
  SIMT_REQUIRE(which >= 0 && which <= 9, simt::kInvalidValue, "attribute " + std::to_string(which) + " is not modelled");
  *v = which == 0 ? (k->max_threads ? k->max_threads : 1024)
     : which == 5 || which == 6 ? simt::settings().arch
     : which == 8 ? k->max_dynamic
     : which == 9 ? -1
                  : 0;  // registers, static, constant and local memory are not modelled
  return 0;
}
API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* n, void* f, int block, size_t shared) {
  SIMT_CALL(true);
  auto* k = simt::kernel_handle(f);
  SIMT_REQUIRE(n, simt::kInvalidValue, "null argument");
  SIMT_REQUIRE(k, simt::kInvalidHandle, "not a function of a loaded module");
  SIMT_REQUIRE(block > 0 && block <= 1024, simt::kInvalidValue, "block size " + std::to_string(block));
  size_t by_shared = size_t(simt::attribute(81)) / (shared + 1024);
  *n = int(std::min<size_t>(std::min<size_t>(32, by_shared), size_t(2048 / ((block + 31) / 32 * 32))));
  return 0;
}
// ---- launches
API CUresult cuLaunchKernel(void* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                            unsigned shared, void* stream, void** params, void** extra) {
  SIMT_CALL(true);
  SIMT_REQUIRE(!extra, simt::kNotSupported, "extra: pass the arguments as kernelParams");
  return simt::enqueue_launch(f, {gx, gy, gz}, {bx, by, bz}, shared, stream, params);
}
struct SimtLaunchAttribute {
  int id;
  char pad[4];
  int value[16];
};
struct SimtLaunchConfig {
  unsigned grid[3], block[3], shared;
  void* stream;
  SimtLaunchAttribute* attributes;
  unsigned count;
};
static_assert(sizeof(SimtLaunchConfig) == 56 && sizeof(SimtLaunchAttribute) == 72, "CUlaunchConfig, CUlaunchAttribute");
API CUresult cuLaunchKernelEx(const SimtLaunchConfig* c, void* f, void** params, void** extra) {
  SIMT_CALL(true);
  SIMT_REQUIRE(c, simt::kInvalidValue, "null argument");
  SIMT_REQUIRE(!extra, simt::kNotSupported, "extra: pass the arguments as kernelParams");
  for (unsigned i = 0; i < c->count; i++) {
    auto& a = c->attributes[i];
    bool cluster = a.id == 4 && (a.value[0] > 1 || a.value[1] > 1 || a.value[2] > 1);
    SIMT_REQUIRE(!cluster, simt::kNotSupported, "clusters are not modelled");
    // Programmatic overlap (6) and priority (8) change no result; anything else is refused.
    SIMT_REQUIRE(a.id == 0 || a.id == 4 || a.id == 6 || a.id == 8, simt::kNotSupported,
                 "launch attribute " + std::to_string(a.id) + " is not modelled");
  }
  return simt::enqueue_launch(f, {c->grid[0], c->grid[1], c->grid[2]}, {c->block[0], c->block[1], c->block[2]},
                              c->shared, c->stream, params);
}
API CUresult cuLaunchHostFunc(void* stream, void (*fn)(void*), void* data) {
  SIMT_CALL(true);
  SIMT_REQUIRE(fn, simt::kInvalidValue, "null argument");
  SIMT_STREAM(stream);
  return simt::submit(s, [=] {
    fn(data);
    return 0;
  });
}
// ---- synchronous copies and fills
API CUresult cuMemcpyHtoD_v2(CUdeviceptr d, const void* from, size_t n) {
  SIMT_CALL(true);
  SIMT_REQUIRE(from || !n, simt::kInvalidValue, "null argument");
  SIMT_DEVICE(d, n);
  if (int r = simt::before_sync(__func__)) return r;
  return simt::copy_in(simt::device(d), from, n);
}
API CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr d, size_t n) {
  SIMT_CALL(true);
  SIMT_REQUIRE(to || !n, simt::kInvalidValue, "null argument");
  SIMT_DEVICE(d, n);
  if (int r = simt::before_sync(__func__)) return r;
  return simt::copy_out(to, simt::device(d), n);
}
API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t n) {
  SIMT_CALL(true);
  SIMT_DEVICE(to, n);
  SIMT_DEVICE(from, n);
  if (int r = simt::before_sync(__func__)) return r;
  return simt::copy_inside(simt::device(to), simt::device(from), n);
}
API CUresult cuMemsetD8_v2(CUdeviceptr d, unsigned char v, size_t n) {
  SIMT_CALL(true);
  SIMT_DEVICE(d, n);
  if (int r = simt::before_sync(__func__)) return r;
  return simt::fill8(simt::device(d), v, n);
}
API CUresult cuMemsetD32_v2(CUdeviceptr d, unsigned v, size_t n) {
  SIMT_CALL(true);
  SIMT_REQUIRE(d % 4 == 0, simt::kInvalidValue, "address is not a multiple of 4");
  SIMT_DEVICE(d, 4 * n);
  if (int r = simt::before_sync(__func__)) return r;
  return simt::fill32(simt::device(d), v, n);
}
// ---- asynchronous copies and fills
API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr d, const void* from, size_t n, void* stream) {
  SIMT_CALL(true);
  SIMT_REQUIRE(from || !n, simt::kInvalidValue, "null argument");
  SIMT_DEVICE(d, n);
  SIMT_STREAM(stream);
  void* to = simt::device(d);
  if (s->capture || simt::is_pinned(from, n)) return simt::submit(s, [=] { return simt::copy_in(to, from, n); });
  auto* p = static_cast<const char*>(from);  // pageable: read now
  auto kept = std::make_shared<std::vector<char>>(p, p + n);
  return simt::submit(s, [=] { return simt::copy_in(to, kept->data(), n); });
}
API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr d, size_t n, void* stream) {
  SIMT_CALL(true);
  SIMT_REQUIRE(to || !n, simt::kInvalidValue, "null argument");
  SIMT_DEVICE(d, n);
  SIMT_STREAM(stream);
  void* from = simt::device(d);
  bool pinned = simt::is_pinned(to, n);
  if (pinned && !s->capture) memset(to, 0xff, n);  // so that a read before the synchronisation shows
  int r = simt::submit(s, [=] { return simt::copy_out(to, from, n); });
  return r || pinned || s->capture ? r : simt::drain(*s);
}
API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t n, void* stream) {
  SIMT_CALL(true);
  SIMT_DEVICE(to, n);
  SIMT_DEVICE(from, n);
  SIMT_STREAM(stream);
  return simt::submit(s, [=] { return simt::copy_inside(simt::device(to), simt::device(from), n); });
}
API CUresult cuMemsetD8Async(CUdeviceptr d, unsigned char v, size_t n, void* stream) {
  SIMT_CALL(true);
  SIMT_DEVICE(d, n);
  SIMT_STREAM(stream);
  return simt::submit(s, [=] { return simt::fill8(simt::device(d), v, n); });
}
API CUresult cuMemsetD32Async(CUdeviceptr d, unsigned v, size_t n, void* stream) {
  SIMT_CALL(true);
  SIMT_REQUIRE(d % 4 == 0, simt::kInvalidValue, "address is not a multiple of 4");
  SIMT_DEVICE(d, 4 * n);
  SIMT_STREAM(stream);
  return simt::submit(s, [=] { return simt::fill32(simt::device(d), v, n); });
}
}
