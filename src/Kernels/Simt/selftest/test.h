// test.h - counting checks; the driver functions as a host declares them.
#pragma once
#include "simt_api.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

inline int passed = 0, missed = 0;
inline void check(bool ok, const char* name, const std::string& detail = "") {
  (ok ? passed : missed)++;
  if (!ok) printf("MISS %s %s\n", name, detail.c_str());
}
inline void expect(int want, int got, const char* name, int line) {
  check(want == got, (std::string(name) + " (line " + std::to_string(line) + ")").c_str(),
        "expected " + std::to_string(want) + ", got " + std::to_string(got) + ": " + simt_last_error());
}
#define IS(code, call) expect(code, call, #call, __LINE__)
#define TRUE_(condition) check(condition, #condition, "line " + std::to_string(__LINE__))

using Device = unsigned long long;
extern "C" {
int cuInit(unsigned);
int cuDriverGetVersion(int*);
int cuGetErrorName(int, const char**);
int cuGetErrorString(int, const char**);
int cuDeviceGetCount(int*);
int cuDeviceGet(int*, int);
int cuDeviceGetName(char*, int, int);
int cuDeviceTotalMem_v2(size_t*, int);
int cuDeviceGetAttribute(int*, int, int);
int cuDevicePrimaryCtxRetain(void**, int);
int cuDevicePrimaryCtxRelease_v2(int);
int cuCtxSetCurrent(void*);
int cuCtxGetCurrent(void**);
int cuCtxSynchronize();
int cuModuleLoadData(void**, const void*);
int cuModuleGetFunction(void**, void*, const char*);
int cuModuleUnload(void*);
int cuFuncSetAttribute(void*, int, int);
int cuFuncGetAttribute(int*, int, void*);
int cuOccupancyMaxActiveBlocksPerMultiprocessor(int*, void*, int, size_t);
int cuLaunchKernel(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
int cuLaunchKernelEx(const void*, void*, void**, void**);
int cuLaunchHostFunc(void*, void (*)(void*), void*);
int cuMemAlloc_v2(Device*, size_t);
int cuMemFree_v2(Device);
int cuMemGetInfo_v2(size_t*, size_t*);
int cuMemHostAlloc(void**, size_t, unsigned);
int cuMemFreeHost(void*);
int cuMemcpyHtoD_v2(Device, const void*, size_t);
int cuMemcpyDtoH_v2(void*, Device, size_t);
int cuMemcpyDtoD_v2(Device, Device, size_t);
int cuMemcpyHtoDAsync_v2(Device, const void*, size_t, void*);
int cuMemcpyDtoHAsync_v2(void*, Device, size_t, void*);
int cuMemcpyDtoDAsync_v2(Device, Device, size_t, void*);
int cuMemsetD8_v2(Device, unsigned char, size_t);
int cuMemsetD8Async(Device, unsigned char, size_t, void*);
int cuMemsetD32_v2(Device, unsigned, size_t);
int cuMemsetD32Async(Device, unsigned, size_t, void*);
int cuStreamCreate(void**, unsigned);
int cuStreamCreateWithPriority(void**, unsigned, int);
int cuStreamDestroy_v2(void*);
int cuStreamSynchronize(void*);
int cuStreamQuery(void*);
int cuStreamWaitEvent(void*, void*, unsigned);
int cuEventCreate(void**, unsigned);
int cuEventDestroy_v2(void*);
int cuEventRecord(void*, void*);
int cuEventQuery(void*);
int cuEventSynchronize(void*);
int cuEventElapsedTime(float*, void*, void*);
int cuStreamBeginCapture_v2(void*, int);
int cuStreamEndCapture(void*, void**);
int cuStreamIsCapturing(void*, int*);
int cuGraphInstantiateWithFlags(void**, void*, unsigned long long);
int cuGraphLaunch(void*, void*);
int cuGraphExecDestroy(void*);
int cuGraphDestroy(void*);
int cuTensorMapEncodeTiled(void*, int, unsigned, void*, const uint64_t*, const uint64_t*, const uint32_t*,
                           const uint32_t*, int, int, int, int);
int nvrtcCreateProgram(void**, const char*, const char*, int, const char* const*, const char* const*);
int nvrtcCompileProgram(void*, int, const char* const*);
int nvrtcGetProgramLogSize(void*, size_t*);
int nvrtcGetProgramLog(void*, char*);
int nvrtcGetCUBINSize(void*, size_t*);
int nvrtcGetCUBIN(void*, char*);
int nvrtcDestroyProgram(void**);
}

// What the tests of the driver share: a module, two non-blocking streams, an event, pinned and device memory.
constexpr int N = 1000;
struct Bench {
  void *write = nullptr, *add = nullptr, *a = nullptr, *b = nullptr, *event = nullptr;
  Device d = 0, e = 0;
  float *host = nullptr, *more = nullptr;  // pinned
  Bench();
  ~Bench();
  int fill(Device to, float v, void* stream) const;     // to[i] = v
  int plus_one(Device to, Device from, void* stream) const;
};
void* function(const char* name);  // a kernel of this program
void kernel_tests();
void driver_tests();
void stream_tests();
void graph_tests();
