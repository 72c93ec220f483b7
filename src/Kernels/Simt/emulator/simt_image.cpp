// simt_image.cpp - the text of kernels.cu and the table of its specialisations, for the NVRTC stand-in. Without
// SIMT_SOURCE (the emulator's own tests) the text is empty, and its one specialisation has no name.
#include "simt_image.h"
#ifdef SIMT_SOURCE
#define SIMT_TEXT ".incbin \"" SIMT_SOURCE "\"\n"
#else
#define SIMT_TEXT ""
#endif
asm(".section .rodata\n.global simt_source_begin\n.hidden simt_source_begin\nsimt_source_begin:\n" SIMT_TEXT
    ".global simt_source_end\n.hidden simt_source_end\nsimt_source_end:\n.byte 0\n.previous\n");
const SimtVariant simt_variants[] = {
#ifdef SIMT_VARIANTS
#include SIMT_VARIANTS
#else
    {"", ""},
#endif
    {nullptr, nullptr}};
