// simt.cpp - the SIMT emulator: runtime, CUDA driver functions and NVRTC stand-in. One translation unit, by topic:
#include "simt.h"
#undef __noinline__  // the standard library has it inside attributes

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdarg>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>
#undef threadIdx
#undef blockIdx
#undef blockDim
#undef gridDim
#include "simt_api.h"
#define API __attribute__((visibility("default")))

#include "simt_settings.inl"   // environment variables
#include "simt_switch.inl"     // context switch
#include "simt_fibers.inl"     // blocks, warps, fibers, faults
#include "simt_scheduler.inl"  // who runs next; warp operations; barriers
#include "simt_workers.inl"    // running a block, worker threads, launches
#include "simt_heap.inl"       // device memory
#include "simt_check.inl"      // checked build: access hooks, shadow cells
#include "simt_warp.inl"       // shuffles, votes, reductions
#include "simt_memory.inl"     // shared memory, cp.async
#include "simt_mma.inl"        // ldmatrix, mma
#include "simt_sm90.inl"       // mbarrier, TMA
#include "simt_wgmma.inl"      // wgmma
#include "simt_streams.inl"    // streams, events
#include "simt_graphs.inl"     // capture and graphs
#include "simt_driver.inl"     // cu*: general, device, context, memory
#include "simt_driver_run.inl" // cu*: modules, functions, launches, copies
#include "simt_driver_queue.inl"  // cu*: streams, events, graphs
#include "simt_nvrtc.inl"      // nvrtc*
#include "simt_own.inl"        // simt_*
