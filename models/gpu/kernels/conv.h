// What convolutions have in common: how the positions of a result find those of
// their source.
#pragma once
#include "windows.h"

// INLINE is for functions of many arguments, which would else lie in memory.
#define INLINE DEVICE __attribute__((always_inline))

// Axis is one of the two that a convolution runs along. Result i of count is
// position first+i*step of size; its tap t of taps is at position origin+t of
// source, and has weights tap0+t*step. The gradient of the input is computed as
// stride convolutions, one for each first, so that no tap falls between the
// outputs; its taps go backwards, origin-t. Then step is the stride; else it is
// 1, and origins are stride apart. Conv.axes in conv.go fills it in.
struct Axis {
	int count, size, source, stride, first, base, taps, tap0;

	template <bool back> DEVICE int result(int i) const { return back ? first + i * stride : i; }
	template <bool back> DEVICE int origin(int i) const { return back ? i + base : i * stride + base; }
	template <bool back> DEVICE int weight(int t) const { return back ? tap0 + t * stride : t; }
	DEVICE bool has(int position) const { return (unsigned)position < (unsigned)source; }
};
#define AXIS(a) int a##_count, int a##_size, int a##_source, int a##_stride, int a##_first, int a##_base, int a##_taps, int a##_tap0
#define THE_AXIS(a) Axis{a##_count, a##_size, a##_source, a##_stride, a##_first, a##_base, a##_taps, a##_tap0}

// Tap is a place in what a result is summed up from: channel c of E of tap (r,s),
// s of wide.
struct Tap {
	int c, s, r;
	Tap() = default;
	DEVICE Tap(int e, int E, int wide) {
		int tap = e / E;
		c = e - tap * E;
		r = tap / wide;
		s = tap - r * wide;
	}
	DEVICE void advance(int channels, int E, int wide) {
		c += channels;
		while (c >= E) {
			c -= E;
			if (++s == wide) s = 0, r++;
		}
	}
};
