// Windows of a max pool over a grid of positions.
#pragma once
#include "types.h"

// Windows is the shape of a max pool of H*W positions of each image to OH*OW.
struct Windows {
	int H, W, OH, OW, kernel, stride, pad;

	// first and last are the windows along an axis that position a, counted from
	// the padding's begin, lies in. Positions are below 2^15, where the division
	// is exact: (a+.5)/stride is no nearer to a whole number than 1/30.
	DEVICE int last(int a) const { return (int)(((float)a + 0.5f) * (1.0f / (float)stride)); }
	DEVICE int first(int a) const { return a < kernel ? 0 : last(a - kernel) + 1; }
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
	// advance goes so many rows on; most often that is on the same line.
	DEVICE void advance(int rows, int H, int W) {
		x += rows;
		if (x < W) return;
		x -= W, y++;
		if (x >= W) y += x / W, x %= W;
		if (y >= H) n += y / H, y %= H;
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
DEVICE void gathered(float (&sum)[V], const T *dy, const uint8 *index, const Windows &s, const Position &p, int C, int stride, int c) {
#pragma unroll
	for (int j = 0; j < V; j++) sum[j] = 0;
	int top = s.first(p.y + s.pad), bottom = least(s.OH - 1, s.last(p.y + s.pad));
	int left = s.first(p.x + s.pad), right = least(s.OW - 1, s.last(p.x + s.pad));
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
