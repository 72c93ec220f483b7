// simt.h - host side of kernels.cu: a SIMT emulator. Blocks run on worker threads, the threads of a block as fibers.
// Included only when kernels.cu is compiled as plain C++ for the host; the GPU compilers never see it.
#pragma once
#define SIMT_HOST 1
#include "simt_types.h"    // CUDA keywords, vector types, bit and math functions
#include "simt_runtime.h"  // threadIdx ..., KERNEL, SHARED, DYN_SHARED, the interface of the runtime
#include "simt_lanes.h"    // barriers, shuffles, votes, atomics
#include "simt_ptx.h"      // host twins of the ptx:: wrappers
