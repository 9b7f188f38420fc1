// Fibers: stacks that are switched between by hand. A switch is a few
// instructions where they are written here, and ucontext's elsewhere.
#pragma once

#include <cstdint>
#include <cstdlib>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <ucontext.h>
#endif

namespace emulate {

static constexpr size_t stack_bytes = 64 << 10;

// stack_of is the stack of a fiber by number, which is kept for the next one.
inline char *stack_of(int number) {
	static char *stacks[1024];
	if (!stacks[number]) stacks[number] = (char *)aligned_alloc(16, stack_bytes);
	return stacks[number];
}

#if defined(__x86_64__) || defined(__aarch64__)

struct Fiber {
	void *stack;
};

extern "C" void emulate_switch(void **from, void *to);

inline void switch_fiber(Fiber *from, Fiber *to) { emulate_switch(&from->stack, to->stack); }

#if defined(__x86_64__)
asm(R"(
	.text
	.hidden emulate_switch
	.globl emulate_switch
	.type emulate_switch, @function
emulate_switch:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret
)");
// start_fiber makes a fiber that begins in body, which never returns.
inline void start_fiber(Fiber *f, int number, void (*body)()) {
	auto top = (void **)(stack_of(number) + stack_bytes) - 1; // as behind a call
	*top = nullptr;
	*--top = (void *)body;
	f->stack = top - 6;
}
#else
asm(R"(
	.text
	.hidden emulate_switch
	.globl emulate_switch
	.type emulate_switch, %function
emulate_switch:
	sub sp, sp, #160
	stp x19, x20, [sp]
	stp x21, x22, [sp, #16]
	stp x23, x24, [sp, #32]
	stp x25, x26, [sp, #48]
	stp x27, x28, [sp, #64]
	stp x29, x30, [sp, #80]
	stp d8, d9, [sp, #96]
	stp d10, d11, [sp, #112]
	stp d12, d13, [sp, #128]
	stp d14, d15, [sp, #144]
	mov x9, sp
	str x9, [x0]
	mov sp, x1
	ldp x19, x20, [sp]
	ldp x21, x22, [sp, #16]
	ldp x23, x24, [sp, #32]
	ldp x25, x26, [sp, #48]
	ldp x27, x28, [sp, #64]
	ldp x29, x30, [sp, #80]
	ldp d8, d9, [sp, #96]
	ldp d10, d11, [sp, #112]
	ldp d12, d13, [sp, #128]
	ldp d14, d15, [sp, #144]
	add sp, sp, #160
	ret
)");
inline void start_fiber(Fiber *f, int number, void (*body)()) {
	auto frame = (void **)(stack_of(number) + stack_bytes) - 20;
	frame[11] = (void *)body; // x30
	f->stack = frame;
}
#endif

#else

struct Fiber {
	ucontext_t context;
};
inline void switch_fiber(Fiber *from, Fiber *to) { swapcontext(&from->context, &to->context); }
inline void start_fiber(Fiber *f, int number, void (*body)()) {
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = stack_of(number);
	f->context.uc_stack.ss_size = stack_bytes;
	makecontext(&f->context, body, 0);
}

#endif

} // namespace emulate
