// The two types of activations, and Pack, V values of one of them that are
// moved at once.
#pragma once
#include "machine.h"

// bfloat16 is the upper half of a float.
struct bfloat16 {
	uint16 bits;
};

DEVICE float widen(float v) { return v; }
DEVICE float widen(bfloat16 v) { return float_of((unsigned)v.bits << 16); }

// rounded is the nearest bfloat16, ties to even, in the lower half; what is no
// number stays none.
DEVICE unsigned rounded(float v) {
	unsigned bits = bits_of(v);
	bits = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
	return v != v ? 0x7fc0u : bits;
}

DEVICE void narrow(float &to, float v) { to = v; }
DEVICE void narrow(bfloat16 &to, float v) { to.bits = (uint16)rounded(v); }

typedef unsigned Words4 __attribute__((vector_size(16)));
typedef unsigned Words2 __attribute__((vector_size(8)));

// Pack is V neighbours, as they lie in memory. They begin at a multiple of their
// size, of sixteen bytes where that is more.
template <class T, int V> struct Pack;

template <> struct Pack<float, 1> {
	float v;
	DEVICE void load(const float *p) { v = *p; }
	DEVICE void store(float *p) const { *p = v; }
	DEVICE float get(int) const { return v; }
	DEVICE void set(const float *f) { v = f[0]; }
};

template <> struct Pack<bfloat16, 1> {
	bfloat16 v;
	DEVICE void load(const bfloat16 *p) { v = *p; }
	DEVICE void store(bfloat16 *p) const { *p = v; }
	DEVICE float get(int) const { return widen(v); }
	DEVICE void set(const float *f) { narrow(v, f[0]); }
};

template <> struct Pack<float, 4> {
	Words4 w;
	DEVICE void load(const float *p) { w = *(const Words4 *)p; }
	DEVICE void store(float *p) const { *(Words4 *)p = w; }
	DEVICE float get(int i) const { return float_of(w[i]); }
	DEVICE void set(const float *f) { w = Words4{bits_of(f[0]), bits_of(f[1]), bits_of(f[2]), bits_of(f[3])}; }
};

template <> struct Pack<float, 8> {
	Pack<float, 4> half[2];
	DEVICE void load(const float *p) { half[0].load(p), half[1].load(p + 4); }
	DEVICE void store(float *p) const { half[0].store(p), half[1].store(p + 4); }
	DEVICE float get(int i) const { return half[i / 4].get(i % 4); }
	DEVICE void set(const float *f) { half[0].set(f), half[1].set(f + 4); }
};

template <> struct Pack<bfloat16, 4> {
	Words2 w;
	DEVICE void load(const bfloat16 *p) { w = *(const Words2 *)p; }
	DEVICE void store(bfloat16 *p) const { *(Words2 *)p = w; }
	DEVICE float get(int i) const { return float_of(i % 2 ? w[i / 2] & 0xffff0000u : w[i / 2] << 16); }
	DEVICE void set(const float *f) {
		w = Words2{rounded(f[0]) | rounded(f[1]) << 16, rounded(f[2]) | rounded(f[3]) << 16};
	}
};

template <> struct Pack<bfloat16, 8> {
	Words4 w;
	DEVICE void load(const bfloat16 *p) { w = *(const Words4 *)p; }
	DEVICE void store(bfloat16 *p) const { *(Words4 *)p = w; }
	DEVICE float get(int i) const { return float_of(i % 2 ? w[i / 2] & 0xffff0000u : w[i / 2] << 16); }
	DEVICE void set(const float *f) {
		w = Words4{rounded(f[0]) | rounded(f[1]) << 16, rounded(f[2]) | rounded(f[3]) << 16,
			rounded(f[4]) | rounded(f[5]) << 16, rounded(f[6]) | rounded(f[7]) << 16};
	}
};

// get_all loads V floats.
template <int V> DEVICE void get_all(float *to, const float *from) {
	Pack<float, V> p;
	p.load(from);
#pragma unroll
	for (int i = 0; i < V; i++) to[i] = p.get(i);
}

// put writes V values, or adds them to what is there.
template <class T, int V> DEVICE void put(T *to, float (&f)[V], int add) {
	Pack<T, V> v;
	if (add) {
		v.load(to);
#pragma unroll
		for (int j = 0; j < V; j++) f[j] += v.get(j);
	}
	v.set(f);
	v.store(to);
}

// VARIANTS defines a kernel of a template for both types, T in its parameters,
// that moves sixteen bytes at a time, and, under a name that ends in _1, one that
// moves one value at a time.
#define VARIANTS(kind, name, params, args) \
	VARIANT(kind, name##_f32, name, float, 4, LIST params, args) \
	VARIANT(kind, name##_f32_1, name, float, 1, LIST params, args) \
	VARIANT(kind, name##_bf16, name, bfloat16, 8, LIST params, args) \
	VARIANT(kind, name##_bf16_1, name, bfloat16, 1, LIST params, args)
#define VARIANT(kind, full, name, type, V, params, args) \
	namespace in_##full { typedef type T; kind(full, 256, params) { name<T, V> args; } }
#define LIST(...) __VA_ARGS__

// Place is where a thread of a grid over rows and channels works: its first
// channel, and its rows, from first to end in steps of step. Block (bx, by) of a
// grid takes the threads_x()*V channels from bx*threads_x()*V on, and span rows
// from by*span on; rows are those of one image where blocks have a z.
template <int V> struct Place {
	int c, first, end, step;
	DEVICE Place(int rows, int span) {
		c = (block_x() * threads_x() + thread_x()) * V;
		first = block_y() * span + thread_y();
		end = least(rows, (block_y() + 1) * span);
		step = threads_y();
	}
};

// at is where a channel of a row lies.
template <class T> DEVICE T *at(T *p, int row, int stride, int c) { return p + (int64)row * stride + c; }
