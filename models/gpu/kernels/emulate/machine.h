// The machine of machine.h for a CPU: a kernel's blocks one after the other, the
// threads of a block as fibers where it has barriers, and as a plain loop where
// it has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "emulate.h"

// Values of rows beyond the end are neither loaded nor used, which g++ cannot see.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#define DEVICE inline
#define CONSTANT static constexpr

namespace emulate {

// Where the running thread is.
struct Dim {
	int x, y, z;
};
extern Dim thread, threads, block, blocks;

[[noreturn]] void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

// shared gives the running thread its next piece of the block's shared memory,
// which begins as garbage.
void *shared(size_t bytes);
void barrier();
float shuffle_xor(float v, int bits);

// Shared is an array in shared memory that knows its end.
template <class T> struct Shared {
	T *cells;
	int count;
	const char *name;
	T &operator[](int i) {
		if (i < 0 || i >= count) fault("%s[%d] of shared memory, which has %d", name, i, count);
		return cells[i];
	}
};

// call reads a kernel's arguments from where cuLaunchKernel's params point.
template <class... A, size_t... I>
void call(void (*f)(A...), void **params, std::index_sequence<I...>) {
	f(*(A *)params[I]...);
}
template <class... A> void call(void (*f)(A...), void **params) { call(f, params, std::index_sequence_for<A...>()); }

struct Register {
	Register(emu_kernel *k);
};

} // namespace emulate

// A kernel declares itself in the table that emu_find looks in.
#define EMULATED(name, most, fibers, ...) \
	extern "C" void name(__VA_ARGS__); \
	static void call_##name(void **params) { emulate::call(name, params); } \
	static emu_kernel entry_##name = {#name, call_##name, most, fibers, nullptr}; \
	static emulate::Register register_##name(&entry_##name); \
	extern "C" void name(__VA_ARGS__)
#define KERNEL(name, most, ...) EMULATED(name, most, 0, __VA_ARGS__)
#define BLOCK_KERNEL(name, most, ...) EMULATED(name, most, 1, __VA_ARGS__)

#define SHARED(type, name, length) \
	emulate::Shared<type> name = {(type *)emulate::shared(sizeof(type) * (length)), length, #name}

DEVICE int thread_x() { return emulate::thread.x; }
DEVICE int thread_y() { return emulate::thread.y; }
DEVICE int threads_x() { return emulate::threads.x; }
DEVICE int threads_y() { return emulate::threads.y; }
DEVICE int block_x() { return emulate::block.x; }
DEVICE int block_y() { return emulate::block.y; }
DEVICE int block_z() { return emulate::block.z; }
DEVICE int blocks_y() { return emulate::blocks.y; }

DEVICE void barrier() { emulate::barrier(); }
DEVICE float shuffle_xor(float v, int bits) { return emulate::shuffle_xor(v, bits); }

DEVICE unsigned bits_of(float v) {
	unsigned bits;
	memcpy(&bits, &v, 4);
	return bits;
}
DEVICE float float_of(unsigned bits) {
	float v;
	memcpy(&v, &bits, 4);
	return v;
}
