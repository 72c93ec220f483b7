// simt_api.h - the emulator library's own functions, beside the driver's. Kernels are named "<variant>/<kernel>".
#pragma once
#include <cstddef>
#include <cstdint>
extern "C" {
int simt_version();                                // 1
int simt_is_checked();                             // 1 in the checked build
const char* simt_last_error();                     // text of this thread's last error
void simt_schedule(int mode, uint64_t seed);       // 0 forward, 1 reverse, 2 random
void simt_async(int early);                        // cp.async done at issue instead of at the wait
void simt_lazy(int on);                            // streams run at synchronisation (1) or at once (0)
int simt_kernel_count();
const char* simt_kernel_name(int index);           // null past the end
int simt_kernel_args(const char* name, uint16_t* sizes, int cap);  // number of parameters, -1: no such kernel
uint64_t simt_last_switches();                     // fiber switches of the last launch
int simt_launch(const char* name, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                unsigned shared, void** args);     // at once; 0 or a CUresult
void* simt_malloc(std::size_t bytes);              // filled with 0xFF
void simt_free(void* p);
void simt_note_host_write(void* p, std::size_t bytes);  // the host has initialised these bytes
}
