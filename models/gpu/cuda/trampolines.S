//go:build gpu && linux

// Every name of the driver, as a jump through its slot (driver.c). They are
// hidden: cuDNN and NCCL, which look the same names up in libcuda.so.1, must not
// find these.

#if defined(__x86_64__)
#define X(name) \
	.globl name; .hidden name; .type name, @function; .p2align 4; \
name:	jmp *hpaflow_slot_##name(%rip); \
	.size name, . - name;
#elif defined(__aarch64__)
#define X(name) \
	.globl name; .hidden name; .type name, %function; .p2align 2; \
name:	adrp x16, hpaflow_slot_##name; \
	ldr x16, [x16, #:lo12:hpaflow_slot_##name]; \
	br x16; \
	.size name, . - name;
#else
#error "models/gpu/cuda: trampolines are written for x86-64 and arm64"
#endif

	.text
#include <cuda/symbols.h>

	.section .note.GNU-stack, "", %progbits
