// simt_image.cpp - the text of kernels.cu, golden.cu behind it, and the table of specialisations, for the NVRTC stand-in.
// Without SIMT_SOURCE (the emulator's own tests) the texts are empty, and the one specialisation has no name.
#include "simt_image.h"
#ifdef SIMT_SOURCE
#define SIMT_TEXT ".incbin \"" SIMT_SOURCE "\"\n"
#define SIMT_GOLDEN ".incbin \"" SIMT_APPENDED "\"\n"
#else
#define SIMT_TEXT ""
#define SIMT_GOLDEN ""
#endif
asm(".section .rodata\n.global simt_source_begin\n.hidden simt_source_begin\nsimt_source_begin:\n" SIMT_TEXT
    ".global simt_source_end\n.hidden simt_source_end\nsimt_source_end:\n" SIMT_GOLDEN
    ".global simt_golden_end\n.hidden simt_golden_end\nsimt_golden_end:\n.byte 0\n.previous\n");
const SimtVariant simt_variants[] = {
#ifdef SIMT_VARIANTS
#include SIMT_VARIANTS
#else
    {"", ""},
#endif
    {nullptr, nullptr}};
