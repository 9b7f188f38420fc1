// The emulated kernels, for a libcuda.so.1 that runs them.
#pragma once

extern "C" {

struct emu_kernel {
	const char *name;
	void (*call)(void **params); // of one thread; params as cuLaunchKernel takes them
	int most;                    // threads a block may have
	int fibers;                  // whether threads wait for each other
	emu_kernel *next;
};

// emu_find is the kernel of a name, or null.
const emu_kernel *emu_find(const char *name);

// emu_launch runs a grid to its end. What no card would do ends the program with
// a word to stderr: a block too large, dynamic shared memory, a barrier that not
// all threads reach, an index beyond shared memory. One launch at a time.
void emu_launch(const emu_kernel *k, const unsigned grid[3], const unsigned block[3], unsigned shared, void **params);
}
