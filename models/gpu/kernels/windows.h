// Windows of a max pool over a grid of positions.
#pragma once
#include "types.h"

// Windows is the shape of a max pool of H*W positions of each image to OH*OW.
struct Windows {
	int H, W, OH, OW, kernel, stride, pad;
};
#define WINDOWS int H, int W, int OH, int OW, int kernel, int window_stride, int pad
#define THE_WINDOWS Windows{H, W, OH, OW, kernel, window_stride, pad}

// Position is a row of a grid, taken apart.
struct Position {
	int n, y, x;
	DEVICE Position(int row, int H, int W) {
		unsigned line = (unsigned)row / (unsigned)W;
		x = (int)((unsigned)row - line * (unsigned)W);
		n = (int)(line / (unsigned)H);
		y = (int)(line - (unsigned)n * (unsigned)H);
	}
};

// Index is V numbers of places in a window, packed by channel.
template <int V> struct Index;
template <> struct Index<1> {
	uint8 b;
	DEVICE void load(const uint8 *p) { b = *p; }
	DEVICE void store(uint8 *p) const { *p = b; }
	DEVICE int get(int) const { return b; }
	DEVICE void set(const int *k) { b = (uint8)k[0]; }
};
template <> struct Index<4> {
	unsigned w;
	DEVICE void load(const uint8 *p) { w = *(const unsigned *)p; }
	DEVICE void store(uint8 *p) const { *(unsigned *)p = w; }
	DEVICE int get(int i) const { return w >> 8 * i & 255u; }
	DEVICE void set(const int *k) { w = (unsigned)k[0] | (unsigned)k[1] << 8 | (unsigned)k[2] << 16 | (unsigned)k[3] << 24; }
};
template <> struct Index<8> {
	Words2 w;
	DEVICE void load(const uint8 *p) { w = *(const Words2 *)p; }
	DEVICE void store(uint8 *p) const { *(Words2 *)p = w; }
	DEVICE int get(int i) const { return w[i / 4] >> 8 * (i % 4) & 255u; }
	DEVICE void set(const int *k) {
		Index<4> a, b;
		a.set(k), b.set(k + 4);
		w = Words2{a.w, b.w};
	}
};

// gathered is the gradient at a position of a pool's input: the sum of those of
// all windows whose largest value it was.
template <class T, int V>
DEVICE void gathered(float (&sum)[V], const T *dy, const uint8 *index, const Windows &s, int row, int C, int stride, int c) {
	Position p(row, s.H, s.W);
#pragma unroll
	for (int j = 0; j < V; j++) sum[j] = 0;
	int top = most(0, ceil_div(p.y + s.pad - s.kernel + 1, s.stride)), bottom = least(s.OH - 1, (p.y + s.pad) / s.stride);
	int left = most(0, ceil_div(p.x + s.pad - s.kernel + 1, s.stride)), right = least(s.OW - 1, (p.x + s.pad) / s.stride);
	for (int oy = top; oy <= bottom; oy++) {
		for (int ox = left; ox <= right; ox++) {
			int place = (p.y + s.pad - oy * s.stride) * s.kernel + p.x + s.pad - ox * s.stride;
			int out = (p.n * s.OH + oy) * s.OW + ox;
			Index<V> from;
			from.load(at(index, out, C, c));
			Pack<T, V> d;
			d.load(at(dy, out, stride, c));
#pragma unroll
			for (int j = 0; j < V; j++) {
				if (from.get(j) == place) sum[j] += d.get(j);
			}
		}
	}
}
