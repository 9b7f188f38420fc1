// What a kernel is written with: launches, threads, shared memory, barriers and
// shuffles. On a card these are clang's builtins, so that no header of CUDA is
// needed; elsewhere they are emulate/machine.h.
#pragma once

#ifdef __CUDA__

#define DEVICE __attribute__((device)) inline
#define CONSTANT static constexpr

// A KERNEL is a function that the host launches by its name, in blocks of at
// most so many threads. It may not use barriers or shuffles; a BLOCK_KERNEL may.
#define KERNEL(name, threads, ...) \
	extern "C" __attribute__((global)) __attribute__((launch_bounds(threads))) void name(__VA_ARGS__)
#define BLOCK_KERNEL(name, threads, ...) KERNEL(name, threads, __VA_ARGS__)

#define SHARED(type, name, count) __attribute__((shared)) static type name[count]

DEVICE int thread_x() { return __nvvm_read_ptx_sreg_tid_x(); }
DEVICE int thread_y() { return __nvvm_read_ptx_sreg_tid_y(); }
DEVICE int threads_x() { return __nvvm_read_ptx_sreg_ntid_x(); }
DEVICE int threads_y() { return __nvvm_read_ptx_sreg_ntid_y(); }
DEVICE int block_x() { return __nvvm_read_ptx_sreg_ctaid_x(); }
DEVICE int block_y() { return __nvvm_read_ptx_sreg_ctaid_y(); }
DEVICE int block_z() { return __nvvm_read_ptx_sreg_ctaid_z(); }
DEVICE int blocks_y() { return __nvvm_read_ptx_sreg_nctaid_y(); }

// barrier is passed by all threads of a block, or by none.
DEVICE void barrier() { __nvvm_bar_sync(0); }

// shuffle_xor gives the value of the lane whose number differs in these bits.
// All 32 lanes of a warp take part.
DEVICE float shuffle_xor(float v, int bits) { return __nvvm_shfl_sync_bfly_f32(0xffffffffu, v, bits, 0x1f); }

DEVICE unsigned bits_of(float v) { return __builtin_bit_cast(unsigned, v); }
DEVICE float float_of(unsigned v) { return __builtin_bit_cast(float, v); }

#else
#include "emulate/machine.h"
#endif

typedef unsigned char uint8;
typedef unsigned short uint16;
typedef unsigned long long uint64;
typedef long long int64;

DEVICE int least(int a, int b) { return a < b ? a : b; }
DEVICE int most(int a, int b) { return a > b ? a : b; }
DEVICE int ceil_div(int a, int b) { return (a + b - 1) / b; }
