// Blocks one after the other, in the order of their numbers. In every second
// block threads take their turns from the last to the first: what depends on the
// order between two barriers, as where one is missing, comes out wrong in one or
// the other. Shared memory begins as no numbers.
#include "machine.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "fiber.h"

namespace emulate {

Dim thread, threads, block, blocks;

static const emu_kernel *running;
static emu_kernel *first;

Register::Register(emu_kernel *k) {
	k->next = first;
	first = k;
}

void fault(const char *format, ...) {
	va_list args;
	va_start(args, format);
	fprintf(stderr, "emulated kernel %s, block (%d,%d,%d), thread (%d,%d): ", running->name, block.x, block.y, block.z, thread.x, thread.y);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

// Shared memory, 48 KB as every card has it. Each thread asks for the same
// pieces in the same order, so its own count of bytes says which one it is.
static constexpr size_t shared_bytes = 48 << 10;
alignas(16) static unsigned char memory[shared_bytes];
static size_t used; // of it by the block before

// Threads of a block with barriers, and what each waits for.
enum State { ready, at_barrier, at_shuffle, done };
struct Thread {
	Fiber fiber;
	State state;
	size_t shared;   // bytes asked for
	unsigned shuffles;
	float exchanged[2]; // by the parity of shuffles
};
static constexpr int most_threads = 1024;
static Thread all[most_threads];
static Fiber scheduler;
static Thread *current;
static void **arguments;

void *shared(size_t bytes) {
	if (!running->fibers) fault("shared memory without BLOCK_KERNEL");
	void *p = memory + current->shared;
	current->shared += (bytes + 15) & ~(size_t)15;
	if (current->shared > shared_bytes) fault("%zu bytes of shared memory", current->shared);
	if (current->shared > used) used = current->shared;
	return p;
}

static void wait(State s) {
	current->state = s;
	switch_fiber(&current->fiber, &scheduler);
}

void barrier() {
	if (!running->fibers) fault("a barrier without BLOCK_KERNEL");
	wait(at_barrier);
}

float shuffle_xor(float v, int bits) {
	if (!running->fibers) fault("a shuffle without BLOCK_KERNEL");
	int me = (int)(current - all), size = threads.x * threads.y * threads.z;
	if (size % 32 != 0 || bits < 1 || bits > 31) fault("a shuffle of a warp that is not full");
	int slot = current->shuffles++ % 2;
	current->exchanged[slot] = v;
	wait(at_shuffle);
	return all[me ^ bits].exchanged[slot];
}

// turn runs one thread until it waits or ends.
static void turn(int t) {
	current = &all[t];
	thread = {t % threads.x, t / threads.x % threads.y, t / (threads.x * threads.y)};
	switch_fiber(&scheduler, &current->fiber);
}

static void body() {
	running->call(arguments);
	wait(done);
}

// pass is whether all threads from lo to hi wait for s; then they go on.
static bool pass(int lo, int hi, State s) {
	for (int t = lo; t < hi; t++) {
		if (all[t].state != s) return false;
	}
	for (int t = lo; t < hi; t++) all[t].state = ready;
	return true;
}

static void run_fibers(int size, bool backwards) {
	memset(memory, 0xff, used);
	used = 0;
	for (int t = 0; t < size; t++) {
		start_fiber(&all[t].fiber, t, body);
		all[t].state = ready, all[t].shared = 0, all[t].shuffles = 0;
	}
	for (;;) {
		for (int i = 0; i < size; i++) {
			int t = backwards ? size - 1 - i : i;
			if (all[t].state == ready) turn(t);
		}
		bool passed = pass(0, size, at_barrier);
		for (int warp = 0; warp < size; warp += 32) passed |= pass(warp, warp + 32 < size ? warp + 32 : size, at_shuffle);
		if (passed) continue;
		for (int t = 0; t < size; t++) {
			if (all[t].state != done) {
				thread = {t % threads.x, t / threads.x % threads.y, t / (threads.x * threads.y)};
				fault("waits for threads that do not come");
			}
		}
		return;
	}
}

static void run_block(int size, bool backwards) {
	if (running->fibers) return run_fibers(size, backwards);
	for (int i = 0; i < size; i++) {
		int t = backwards ? size - 1 - i : i;
		thread = {t % threads.x, t / threads.x % threads.y, t / (threads.x * threads.y)};
		running->call(arguments);
	}
}

} // namespace emulate

using namespace emulate;

extern "C" const emu_kernel *emu_find(const char *name) {
	for (emu_kernel *k = first; k; k = k->next) {
		if (strcmp(k->name, name) == 0) return k;
	}
	return nullptr;
}

extern "C" void emu_launch(const emu_kernel *k, const unsigned grid[3], const unsigned size[3], unsigned dynamic, void **params) {
	running = k, arguments = params, used = shared_bytes;
	blocks = {(int)grid[0], (int)grid[1], (int)grid[2]};
	threads = {(int)size[0], (int)size[1], (int)size[2]};
	block = thread = {0, 0, 0};
	int count = threads.x * threads.y * threads.z;
	if (count < 1 || count > k->most) fault("%d threads a block, of at most %d", count, k->most);
	if (dynamic) fault("dynamic shared memory");
	bool backwards = false;
	for (int z = 0; z < blocks.z; z++) {
		for (int y = 0; y < blocks.y; y++) {
			for (int x = 0; x < blocks.x; x++, backwards = !backwards) {
				block = {x, y, z};
				run_block(count, backwards);
			}
		}
	}
}
