// The driver API of CUDA for a build without NVIDIA's toolkit: what
// gorgonia.org/cu includes as <cuda.h>, and no more.
//
// It names the second versions of calls (cuMemAlloc_v2), which every driver since
// CUDA 12 exports, where NVIDIA's own header of CUDA 13 has others that cu does
// not compile with.
#ifndef HPAFLOW_CUDA_H
#define HPAFLOW_CUDA_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "cuda/types.h"
#include "cuda/calls.h"

#ifdef __cplusplus
}
#endif

#endif
