// The loader of libcuda.so.1: see driver.c.
#ifndef HPAFLOW_CUDA_DRIVER_H
#define HPAFLOW_CUDA_DRIVER_H

#include <cuda.h>

// hpaflow_driver_load loads the library at path and points every name that it
// exports to it. It gives NULL, or what the loader says, which the caller frees.
char *hpaflow_driver_load(const char *path);

// hpaflow_driver_missing is the i-th name that the loaded library lacks, or NULL.
const char *hpaflow_driver_missing(int i);

#endif
