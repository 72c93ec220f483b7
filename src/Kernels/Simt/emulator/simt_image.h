// simt_image.h - what a library was built from: the text of kernels.cu and its specialisations.
#pragma once
struct SimtVariant {
  const char *name, *defines;
};
extern "C" {
extern const SimtVariant simt_variants[];  // ends with a null name
extern const char simt_source_begin[], simt_source_end[], simt_golden_end[];  // kernels.cu, then golden.cu
}
