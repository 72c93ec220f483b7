// driver_test.cpp - general, device, context, module, function, memory and launch functions; faults and error codes.
#include "test.h"

void* function(const char* name) {  // the self-test has no specialisations: kernels by their registered names
  static void* module = nullptr;
  if (!module) {
    void* program = nullptr;
    size_t size = 0;
    IS(0, nvrtcCreateProgram(&program, "", "kernels.cu", 0, nullptr, nullptr));
    IS(0, nvrtcCompileProgram(program, 0, nullptr));
    IS(0, nvrtcGetCUBINSize(program, &size));
    std::vector<char> image(size);
    IS(0, nvrtcGetCUBIN(program, image.data()));
    IS(0, nvrtcDestroyProgram(&program));
    IS(0, cuModuleLoadData(&module, image.data()));
  }
  void* f = nullptr;
  IS(0, cuModuleGetFunction(&f, module, name));
  return f;
}
Bench::Bench() {
  write = function("write_value");
  add = function("add_one");
  IS(0, cuStreamCreate(&a, 1));
  IS(0, cuStreamCreateWithPriority(&b, 1, -1));
  IS(0, cuEventCreate(&event, 0));
  IS(0, cuMemAlloc_v2(&d, N * 4));
  IS(0, cuMemAlloc_v2(&e, N * 4));
  IS(0, cuMemHostAlloc(reinterpret_cast<void**>(&host), N * 4, 0));
  IS(0, cuMemHostAlloc(reinterpret_cast<void**>(&more), N * 4, 0));
  IS(0, cuMemsetD32_v2(d, 0, N));
  IS(0, cuMemsetD32_v2(e, 0, N));
}
Bench::~Bench() {
  cuCtxSynchronize();
  cuStreamDestroy_v2(a);
  cuStreamDestroy_v2(b);
  cuEventDestroy_v2(event);
  cuMemFree_v2(d);
  cuMemFree_v2(e);
  cuMemFreeHost(host);
  cuMemFreeHost(more);
}
int Bench::fill(Device to, float v, void* stream) const {
  int n = N;
  void* args[] = {&to, &v, &n};
  return cuLaunchKernel(write, (N + 255) / 256, 1, 1, 256, 1, 1, 0, stream, args, nullptr);
}
int Bench::plus_one(Device to, Device from, void* stream) const {
  int n = N;
  void* args[] = {&to, &from, &n};
  return cuLaunchKernel(add, (N + 255) / 256, 1, 1, 256, 1, 1, 0, stream, args, nullptr);
}

static void before_and_without_context() {
  int n;
  size_t bytes;
  void* c = nullptr;
  Device d;
  IS(3, cuDeviceGetCount(&n));
  IS(3, cuMemAlloc_v2(&d, 4));
  IS(1, cuInit(1));
  IS(0, cuInit(0));
  IS(201, cuMemAlloc_v2(&d, 4));
  IS(201, cuCtxSetCurrent(&n));
  IS(0, cuDevicePrimaryCtxRetain(&c, 0));
  IS(0, cuCtxSetCurrent(c));
  int other = 0;
  std::thread([&] { other = cuMemAlloc_v2(&d, 4); }).join();
  TRUE_(other == 201);
  void* current = nullptr;
  IS(0, cuCtxGetCurrent(&current));
  TRUE_(current == c);
  IS(0, cuDriverGetVersion(&n));
  TRUE_(n >= 12040);
  IS(0, cuDeviceGetCount(&n));
  TRUE_(n == 1);
  IS(101, cuDeviceGet(&n, 1));
  IS(0, cuDeviceGet(&n, 0));
  char name[64];
  IS(0, cuDeviceGetName(name, 64, 0));
  TRUE_(!strncmp(name, "SIMT", 4));
  IS(0, cuDeviceTotalMem_v2(&bytes, 0));
  IS(101, cuDevicePrimaryCtxRetain(&c, 3));
  const char* s = nullptr;
  IS(0, cuGetErrorName(700, &s));
  TRUE_(s && !strcmp(s, "CUDA_ERROR_ILLEGAL_ADDRESS"));
  IS(0, cuGetErrorString(2, &s));
  IS(1, cuGetErrorName(12345, &s));
}
static void attributes() {
  static const int known[][2] = {{1, 1024}, {4, 64}, {5, 0x7fffffff}, {6, 65535}, {8, 49152}, {10, 32}, {39, 2048}, {120, 0}};
  int v;
  for (auto& k : known) {
    IS(0, cuDeviceGetAttribute(&v, k[0], 0));
    TRUE_(v == k[1]);
  }
  IS(0, cuDeviceGetAttribute(&v, 75, 0));
  TRUE_(v == 9 || v == 8);
  IS(0, cuDeviceGetAttribute(&v, 97, 0));
  TRUE_(v == 232448 || v == 166912);
  IS(1, cuDeviceGetAttribute(&v, 9999, 0));
  TRUE_(strstr(simt_last_error(), "9999") != nullptr);
}
static void memory() {
  Device d = 0, big = 0;
  size_t before, after, total;
  IS(1, cuMemAlloc_v2(&d, 0));
  IS(2, cuMemAlloc_v2(&d, size_t(1) << 50));
  IS(0, cuMemGetInfo_v2(&before, &total));
  IS(0, cuMemAlloc_v2(&d, 1000));
  IS(0, cuMemGetInfo_v2(&after, &total));
  TRUE_(before - after == 1000 && d % 256 == 0);
  std::vector<unsigned char> h(1000, 7);
  TRUE_(reinterpret_cast<unsigned char*>(d)[999] == 0xff);
  IS(0, cuMemcpyHtoD_v2(d, h.data(), 1000));
  IS(1, cuMemcpyHtoD_v2(d, h.data(), 1001));
  IS(1, cuMemcpyHtoD_v2(d + 1, h.data(), 1000));
  IS(1, cuMemcpyDtoH_v2(h.data(), d + 990, 11));
  IS(1, cuMemcpyDtoH_v2(nullptr, d, 4));
  IS(0, cuMemsetD8_v2(d + 10, 9, 5));
  IS(0, cuMemcpyDtoH_v2(h.data(), d, 1000));
  TRUE_(h[9] == 7 && h[10] == 9 && h[14] == 9 && h[15] == 7);
  IS(1, cuMemsetD32_v2(d + 2, 1, 2));
  IS(0, cuMemsetD32_v2(d + 4, 0x01020304, 2));
  IS(0, cuMemcpyDtoD_v2(d + 500, d, 20));
  IS(0, cuMemcpyDtoH_v2(h.data(), d, 1000));
  TRUE_(h[504] == 4 && h[505] == 3 && h[511] == 1 && h[512] == 9);
  IS(1, cuMemFree_v2(d + 256));
  IS(0, cuMemFree_v2(d));
  IS(1, cuMemFree_v2(d));
  IS(1, cuMemFreeHost(h.data()));
  // Freed neighbours are one block again: 100 small ones, then one that needs the room of all.
  if (simt_is_checked()) return;  // its shadow of such a block is 14 times as large
  std::vector<Device> many(100);
  for (auto& m : many) IS(0, cuMemAlloc_v2(&m, size_t(4) << 20));
  for (auto& m : many) IS(0, cuMemFree_v2(m));
  IS(0, cuMemAlloc_v2(&big, size_t(800) << 20));
  IS(0, cuMemFree_v2(big));
}
static void modules_and_functions() {
  void *m = nullptr, *f = function("write_value"), *p = nullptr;
  int v;
  IS(200, cuModuleLoadData(&m, "\x7f" "ELF and more, but not an image"));
  IS(200, cuModuleLoadData(&m, "SIMT\1\2\3\4\5\6\7\0name"));
  IS(400, cuModuleGetFunction(&p, &v, "write_value"));
  IS(0, cuFuncGetAttribute(&v, 0, f));
  TRUE_(v == 256);
  IS(400, cuFuncGetAttribute(&v, 0, &v));
  IS(1, cuFuncSetAttribute(f, 8, 1 << 20));
  IS(1, cuFuncSetAttribute(f, 3, 1));
  IS(0, cuOccupancyMaxActiveBlocksPerMultiprocessor(&v, f, 256, 0));
  TRUE_(v == 8);
  // NVRTC's stand-in: another text, an unknown specialisation.
  size_t size = 0;
  const char* options[] = {"-arch=sm_90a", "-DHEAD_SIZE=7", "-D", "ELEMENT_BF16=1"};
  IS(0, nvrtcCreateProgram(&p, "other text", "kernels.cu", 0, nullptr, nullptr));
  IS(6, nvrtcCompileProgram(p, 0, nullptr));
  IS(0, nvrtcDestroyProgram(&p));
  IS(0, nvrtcCreateProgram(&p, "", "kernels.cu", 0, nullptr, nullptr));
  IS(6, nvrtcCompileProgram(p, 4, options));
  IS(0, nvrtcGetProgramLogSize(p, &size));
  std::string log(size, 0);
  IS(0, nvrtcGetProgramLog(p, &log[0]));
  TRUE_(log.find("NAME ELEMENT_BF16=1 HEAD_SIZE=7") != std::string::npos);
  IS(0, nvrtcGetCUBINSize(p, &size));
  TRUE_(size == 0);
  IS(0, nvrtcDestroyProgram(&p));
  IS(4, nvrtcCompileProgram(p, 0, nullptr));
}
static void launches() {
  Bench t;
  int n = N;
  float v = 3;
  void *args[] = {&t.d, &v, &n}, *missing[] = {&t.d, nullptr, &n};
  auto launch = [&](unsigned gx, unsigned gy, unsigned bx, unsigned shared, void* stream, void** p) {
    return cuLaunchKernel(t.write, gx, gy, 1, bx, 1, 1, shared, stream, p, nullptr);
  };
  IS(1, launch(1, 1, 512, 0, t.a, args));
  IS(1, launch(1, 1, 0, 0, t.a, args));
  IS(1, launch(1, 1, 40, 0, t.a, args));
  IS(1, launch(0, 1, 256, 0, t.a, args));
  IS(1, launch(1, 65536, 256, 0, t.a, args));
  IS(1, launch(1, 1, 256, 49153, t.a, args));
  IS(1, launch(1, 1, 256, 0, t.a, missing));
  IS(1, launch(1, 1, 256, 0, t.a, nullptr));
  IS(400, launch(1, 1, 256, 0, &n, args));
  IS(400, cuLaunchKernel(&n, 1, 1, 1, 32, 1, 1, 0, t.a, args, nullptr));
  IS(801, cuLaunchKernel(t.write, 1, 1, 1, 32, 1, 1, 0, t.a, nullptr, args));
  IS(0, cuFuncSetAttribute(t.write, 8, 100 * 1024));
  IS(0, launch(4, 1, 256, 100 * 1024, t.a, args));
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(reinterpret_cast<float*>(t.d)[N - 1] == 3);
  IS(0, cuFuncSetAttribute(t.write, 8, 48 * 1024));
  struct Config {
    unsigned grid[3], block[3], shared;
    void* stream;
    void* attributes;
    unsigned count;
  } config = {{4, 1, 1}, {256, 1, 1}, 0, t.a, nullptr, 0};
  v = 4;
  IS(0, cuLaunchKernelEx(&config, t.write, args, nullptr));
  int attribute[18] = {4, 0, 2, 1, 1};
  config.attributes = attribute;
  config.count = 1;
  IS(801, cuLaunchKernelEx(&config, t.write, args, nullptr));
  attribute[0] = 6;
  IS(0, cuLaunchKernelEx(&config, t.write, args, nullptr));
  IS(0, cuStreamSynchronize(t.a));
  TRUE_(reinterpret_cast<float*>(t.d)[0] == 4);
  struct {
    double d;
    int i;
    char c[12];
  } mixed = {0.5, 10, {}};
  mixed.c[11] = 100;
  char a = 1;
  long long big = 1000;
  short s = 10000;
  void* all[] = {&t.d, &a, &mixed, &big, &s};
  IS(0, cuLaunchKernel(function("mixed_arguments"), 1, 1, 1, 32, 1, 1, 0, nullptr, all, nullptr));
  a = 0, mixed.i = 0, big = 0;  // the arguments were copied
  IS(0, cuCtxSynchronize());
  TRUE_(reinterpret_cast<float*>(t.d)[0] == 1 + 0.5f + 10 + 100 + 1000 + 10000);
  uint16_t sizes[8];
  TRUE_(simt_kernel_args("mixed_arguments", sizes, 8) == 5 && sizes[0] == 8 && sizes[1] == 1 && sizes[2] == 24 &&
        sizes[3] == 8 && sizes[4] == 2);
}
static void faults() {
  Bench t;
  Device o = 0, x = 0;
  IS(0, cuMemAlloc_v2(&o, 256));
  IS(0, cuMemAlloc_v2(&x, 256));
  IS(0, cuMemsetD8_v2(x, 0, 256));
  void* args[] = {&o, &x};
  auto run = [&](const char* kernel, unsigned threads, void** p) {
    IS(0, cuLaunchKernel(function(kernel), 1, 1, 1, threads, 1, 1, 0, t.a, p, nullptr));
    return cuStreamSynchronize(t.a);
  };
  IS(716, run("misaligned", 32, args));
  IS(719, run("deadlock", 64, args));
  TRUE_(!strncmp(simt_last_error(), "deadlock: block (0,0,0) thread (", 32));
  int arch = 0;
  cuDeviceGetAttribute(&arch, 75, 0);
  if (arch == 8) IS(715, run("uses_wgmma", 128, args));
  // A fault drops the rest of its stream, and only that; the next launch works.
  IS(0, t.fill(t.d, 1, t.b));
  IS(0, cuLaunchKernel(function("misaligned"), 1, 1, 1, 32, 1, 1, 0, t.a, args, nullptr));
  IS(0, t.fill(t.e, 5, t.a));
  IS(716, cuStreamSynchronize(t.a));
  TRUE_(reinterpret_cast<float*>(t.e)[0] == 0);
  IS(0, t.fill(t.e, 6, t.a));
  IS(0, cuCtxSynchronize());
  TRUE_(reinterpret_cast<float*>(t.e)[0] == 6 && reinterpret_cast<float*>(t.d)[0] == 1);
  if (simt_is_checked()) {
    IS(700, run("reads_past_end", 64, args));
    TRUE_(strstr(simt_last_error(), "out of bounds: read of 4 bytes of global memory") && strstr(simt_last_error(), "[driver.cu:"));
    IS(0, cuMemFree_v2(x));
    int n = 64;
    void* late[] = {&o, &x, &n};
    IS(700, run("add_one", 64, late));
    TRUE_(strstr(simt_last_error(), "use after free") != nullptr);
    // Far overrun: the red zone is as large as the block, up to 64 KiB.
    Device y = 0, z = 0;
    IS(0, cuMemAlloc_v2(&y, 65536));
    IS(0, cuMemAlloc_v2(&z, 65536));
    IS(0, cuMemsetD8_v2(y, 0, 65536));
    IS(0, cuMemsetD8_v2(z, 0, 65536));
    void* far[] = {&o, &y};
    IS(700, run("reads_far", 64, far));
    // What was never written does not reach the host unnoticed; copies on the device carry the marks.
    float h[64];
    Device u = 0;
    IS(0, cuMemAlloc_v2(&u, 256));
    IS(719, cuMemcpyDtoH_v2(h, u, 256));
    IS(0, cuMemsetD8_v2(u, 1, 128));
    IS(0, cuMemcpyDtoD_v2(z, u, 256));
    IS(0, cuMemcpyDtoH_v2(h, z, 128));
    IS(719, cuMemcpyDtoH_v2(h, z + 128, 4));
    IS(0, cuMemFree_v2(u) | cuMemFree_v2(y) | cuMemFree_v2(z));
  } else
    IS(0, cuMemFree_v2(x));
  IS(0, cuMemFree_v2(o));
}
static void tensor_products() {
  int arch = 0;
  cuDeviceGetAttribute(&arch, 75, 0);
  if (arch < 9) return;
  Device a = 0, b = 0, o = 0;
  IS(0, cuMemAlloc_v2(&a, 64 * 64 * 2) | cuMemAlloc_v2(&b, 64 * 64 * 2) | cuMemAlloc_v2(&o, 64 * 64 * 4));
  std::vector<unsigned short> va(4096), vb(4096);
  auto value = [](int i, int k, int p, int q) { return (p * i + q * k) % 9 - 4; };
  auto bits = [](int v) {
    float f = float(v);
    unsigned u;
    memcpy(&u, &f, 4);
    return static_cast<unsigned short>(u >> 16);
  };
  for (int i = 0; i < 64; i++)
    for (int k = 0; k < 64; k++) {
      va[size_t(i * 64 + k)] = bits(value(i, k, 2, 5));
      vb[size_t(i * 64 + k)] = bits(value(i, k, 7, 4));
    }
  IS(0, cuMemcpyHtoD_v2(a, va.data(), 8192) | cuMemcpyHtoD_v2(b, vb.data(), 8192));
  struct alignas(128) Map {
    char bytes[128];
  } ta, tb;
  uint64_t dim[] = {64, 60}, stride[] = {128};  // rows 60 to 63 of both operands are outside: zeros
  uint32_t box[] = {64, 64}, one[] = {1, 1};
  auto* pa = reinterpret_cast<void*>(a);
  IS(0, cuTensorMapEncodeTiled(&ta, 9, 2, pa, dim, stride, box, one, 0, 3, 0, 0));
  IS(0, cuTensorMapEncodeTiled(&tb, 9, 2, reinterpret_cast<void*>(b), dim, stride, box, one, 0, 3, 0, 0));
  IS(801, cuTensorMapEncodeTiled(&tb, 7, 2, pa, dim, stride, box, one, 0, 3, 0, 0));
  stride[0] = 120;
  IS(1, cuTensorMapEncodeTiled(&ta, 9, 2, pa, dim, stride, box, one, 0, 3, 0, 0));
  for (int mode = 0; mode < 3; mode++) {
    simt_schedule(mode, 4);
    void* args[] = {&o, &ta, &tb};
    IS(0, cuLaunchKernel(function("tile_wgmma"), 1, 1, 1, 160, 1, 1, 16384, nullptr, args, nullptr));
    IS(0, cuCtxSynchronize());
    int wrong = 0;
    for (int i = 0; i < 64; i++)
      for (int j = 0; j < 64; j++) {
        int s = 0;
        for (int k = 0; k < 64 && i < 60 && j < 60; k++) s += value(i, k, 2, 5) * value(j, k, 7, 4);
        wrong += reinterpret_cast<float*>(o)[i * 64 + j] != float(s);
      }
    TRUE_(wrong == 0);
  }
  simt_schedule(0, 0);
  IS(0, cuMemFree_v2(a) | cuMemFree_v2(b) | cuMemFree_v2(o));
  // Operands stored by rows of k: A (64, 64), B (64, 128), D (64, 128).
  IS(0, cuMemAlloc_v2(&a, 64 * 64 * 2) | cuMemAlloc_v2(&b, 64 * 128 * 2) | cuMemAlloc_v2(&o, 64 * 128 * 4));
  va.resize(64 * 64), vb.resize(64 * 128);
  for (int k = 0; k < 64; k++) {
    for (int i = 0; i < 64; i++) va[size_t(k * 64 + i)] = bits(value(i, k, 2, 5));
    for (int j = 0; j < 128; j++) vb[size_t(k * 128 + j)] = bits(value(j, k, 7, 4));
  }
  IS(0, cuMemcpyHtoD_v2(a, va.data(), 8192) | cuMemcpyHtoD_v2(b, vb.data(), 16384));
  uint64_t dim_a[] = {64, 64}, stride_a[] = {128}, dim_b[] = {128, 64}, stride_b[] = {256};
  IS(0, cuTensorMapEncodeTiled(&ta, 9, 2, reinterpret_cast<void*>(a), dim_a, stride_a, box, one, 0, 3, 0, 0));
  IS(0, cuTensorMapEncodeTiled(&tb, 9, 2, reinterpret_cast<void*>(b), dim_b, stride_b, box, one, 0, 3, 0, 0));
  void* args[] = {&o, &ta, &tb};
  IS(0, cuLaunchKernel(function("tile_wgmma_across"), 1, 1, 1, 160, 1, 1, 3 * 8192, nullptr, args, nullptr));
  IS(0, cuCtxSynchronize());
  int wrong = 0;
  for (int i = 0; i < 64; i++)
    for (int j = 0; j < 128; j++) {
      int s = 0;
      for (int k = 0; k < 64; k++) s += value(i, k, 2, 5) * value(j, k, 7, 4);
      wrong += reinterpret_cast<float*>(o)[i * 128 + j] != float(s);
    }
  TRUE_(wrong == 0);
  IS(0, cuMemFree_v2(a) | cuMemFree_v2(b) | cuMemFree_v2(o));
}
void driver_tests() {
  before_and_without_context();
  attributes();
  memory();
  modules_and_functions();
  launches();
  faults();
  tensor_products();
}
