// simt_image.cpp - the text of kernels.cu and the table of its specialisations, for the NVRTC stand-in. Without
// SIMT_SOURCE (the emulator's own tests) both are empty.
#include "simt_image.h"
#ifdef SIMT_SOURCE
asm(".section .rodata\n.global simt_source_begin\n.hidden simt_source_begin\nsimt_source_begin:\n.incbin \"" SIMT_SOURCE
    "\"\n.global simt_source_end\n.hidden simt_source_end\nsimt_source_end:\n.byte 0\n.previous\n");
const SimtVariant simt_variants[] = {
#include SIMT_VARIANTS
    {nullptr, nullptr}};
#else
const char simt_source_begin[1] = {}, simt_source_end[1] = {};
const SimtVariant simt_variants[] = {{nullptr, nullptr}};
#endif
