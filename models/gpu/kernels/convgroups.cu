// Convolutions of many groups of few channels, whose tiles would be mostly empty.
// Threads lie side by side along the channels of all groups, so that a warp reads
// whole rows, and each takes four channels, of one group.
#include "conv.h"
#include "sums.h"

// Threads along channels are at most group_lanes, each computes four channels of
// group_strip neighbouring positions. group_blocks blocks of 4 by 4 weights for
// each lane are in shared memory at a time.
CONSTANT int group_lanes = 32, group_strip = 8, group_blocks = 12;

// conv_groups is conv for E and J that are multiples of four. It takes taps of
// them at once along the width, from a window of x that is kept in registers:
// all, where the stride is 1, or one. channels and strips are how many there are,
// of four channels and of group_strip positions.
template <class T, int taps, bool back>
INLINE void conv_groups(T *y, const T *x, const T *w, int channels, int J, int E, int y_stride, int x_stride, int strips, int add,
	int window, int S, Axis h, Axis v) {
	SHARED(Words4, cells, group_blocks * 4 * group_lanes);
	constexpr int deep = group_blocks / taps, columns = group_strip + taps - 1;
	int wide = threads_x(), lane = thread_x(), t = thread_y() * wide + lane;
	int quad = block_y() * wide + lane, strip = block_x() * threads_y() + thread_y();
	bool works = quad < channels && strip < strips;
	Position o(strip, h.count, ceil_div(v.count, group_strip));
	int top = h.origin<back>(o.y), leftmost = o.x * group_strip;
	const T *image = x + (int64)o.n * h.source * v.source * x_stride + quad * 4 / J * E;

	// A step is four channels of x at one tap, or several along the width.
	int across = v.taps / taps, quads = E / 4, all = h.taps * across * quads;
	Tap from(0, E, across);
	float sums[group_strip][4] = {};
	for (int step = 0; step < all; step += deep) {
		int now = least(deep, all - step);
		for (int i = t; i < now * taps * wide; i += wide * threads_y()) {
			int l = i % wide, u = i / wide % taps, e = step + i / (wide * taps);
			int c = e % quads * 4, s = e / quads % across, r = e / quads / across, to = (block_y() * wide + l) * 4;
			if (to >= channels * 4) continue;
			int tap = h.weight<back>(r) * S + v.weight<back>(s * taps + u);
			int filter = back ? to / J * E + c : to, channel = back ? to % J : c, E4 = back ? J : E;
			Pack<T, 4> f[4];
#pragma unroll
			for (int k = 0; k < 4; k++) f[k].load(w + ((int64)(filter + k) * window + tap) * E4 + channel);
#pragma unroll
			for (int k = 0; k < 4; k++) {
				float by[4];
#pragma unroll
				for (int j = 0; j < 4; j++) by[j] = back ? f[k].get(j) : f[j].get(k);
				Pack<float, 4> p;
				p.set(by);
				cells[(i / wide * 4 + k) * wide + l] = p.w;
			}
		}
		barrier();
		for (int i = 0; i < now; i++, from.advance(4, E, across)) {
			int line = top + (back ? -from.r : from.r), ahead = from.s * taps;
			if (!works || !h.has(line)) continue;
			const T *row = at(image, line * v.source, x_stride, from.c);
			int column = v.origin<back>(leftmost) + (back ? -(ahead + taps - 1) : ahead), pace = back || taps > 1 ? 1 : v.stride;
			Pack<T, 4> values[columns];
#pragma unroll
			for (int p = 0; p < columns; p++, column += pace) {
				values[p] = Pack<T, 4>();
				if (v.has(column)) values[p].load(at(row, column, x_stride, 0));
			}
#pragma unroll
			for (int u = 0; u < taps; u++) {
#pragma unroll
				for (int k = 0; k < 4; k++) {
					Words4 by = cells[((i * taps + u) * 4 + k) * wide + lane];
#pragma unroll
					for (int p = 0; p < group_strip; p++) {
						float f = values[back ? p + taps - 1 - u : p + u].get(k);
#pragma unroll
						for (int j = 0; j < 4; j++) sums[p][j] = __builtin_fmaf(f, float_of(by[j]), sums[p][j]);
					}
				}
			}
		}
		barrier();
	}
	if (!works) return;
	T *line = at(y, (o.n * h.size + h.result<back>(o.y)) * v.size, y_stride, quad * 4);
#pragma unroll
	for (int p = 0; p < group_strip; p++) {
		if (leftmost + p < v.count) put<T, 4>(at(line, v.result<back>(leftmost + p), y_stride, 0), sums[p], add);
	}
}

template <class T, int taps> INLINE void conv_groups_forward(T *y, const T *x, const T *w, int channels, int J, int E, int y_stride, int x_stride,
	int strips, int add, int window, int S, Axis h, Axis v) {
	conv_groups<T, taps, false>(y, x, w, channels, J, E, y_stride, x_stride, strips, add, window, S, h, v);
}
template <class T, int taps> INLINE void conv_groups_back(T *y, const T *x, const T *w, int channels, int J, int E, int y_stride, int x_stride,
	int strips, int add, int window, int S, Axis h, Axis v) {
	conv_groups<T, taps, true>(y, x, w, channels, J, E, y_stride, x_stride, strips, add, window, S, h, v);
}

// One tap at once, or, under a name with a 3, three.
#define GROUP_VARIANTS(name, params, args) \
	VARIANT(BLOCK_KERNEL, name##_f32, name, float, 1, LIST params, args) \
	VARIANT(BLOCK_KERNEL, name##3_f32, name, float, 3, LIST params, args) \
	VARIANT(BLOCK_KERNEL, name##_bf16, name, bfloat16, 1, LIST params, args) \
	VARIANT(BLOCK_KERNEL, name##3_bf16, name, bfloat16, 3, LIST params, args)

GROUP_VARIANTS(conv_groups_forward,
	(T *y, const T *x, const T *w, int channels, int J, int E, int y_stride, int x_stride, int strips, int add, int window, int S, AXIS(h), AXIS(v)),
	(y, x, w, channels, J, E, y_stride, x_stride, strips, add, window, S, THE_AXIS(h), THE_AXIS(v)))
GROUP_VARIANTS(conv_groups_back,
	(T *y, const T *x, const T *w, int channels, int J, int E, int y_stride, int x_stride, int strips, int add, int window, int S, AXIS(h), AXIS(v)),
	(y, x, w, channels, J, E, y_stride, x_stride, strips, add, window, S, THE_AXIS(h), THE_AXIS(v)))

// conv_groups_weights is conv_weights for such groups. A thread sums the 4 by 4
// weights of four filters and four channels, of one tap or of all along the
// width, over every threads_y()th row of a span.
template <class T, int taps>
INLINE void conv_groups_weights(float *partial, const T *x, const T *dy, int filters, int J, int E, int x_stride, int dy_stride, int rows, int span,
	int size, Axis h, Axis v) {
	SHARED(Words4, cells, 4 * block_threads);
	int wide = threads_x(), high = threads_y(), lane = thread_x(), t = thread_y() * wide + lane, quad = block_z() * wide + lane;
	int quads = E / 4, across = v.taps / taps;
	int c = block_y() % quads * 4, s = block_y() / quads % across * taps, r = block_y() / quads / across;
	int row = block_x() * span + thread_y(), end = quad < filters ? least(rows, (block_x() + 1) * span) : 0;
	Position o(row, h.count, v.count);
	float sums[taps][4][4] = {};
	for (; row < end; row += high, o.advance(high, h.count, v.count)) {
		int line = h.origin<false>(o.y) + r, column = v.origin<false>(o.x) + s;
		if (!h.has(line)) continue;
		Pack<T, 4> d, values[taps];
		d.load(at(dy, row, dy_stride, quad * 4));
#pragma unroll
		for (int u = 0; u < taps; u++) {
			values[u] = Pack<T, 4>();
			if (v.has(column + u)) values[u].load(at(x, (o.n * h.source + line) * v.source + column + u, x_stride, quad * 4 / J * E + c));
		}
#pragma unroll
		for (int u = 0; u < taps; u++) {
#pragma unroll
			for (int k = 0; k < 4; k++) {
#pragma unroll
				for (int j = 0; j < 4; j++) sums[u][k][j] = __builtin_fmaf(d.get(k), values[u].get(j), sums[u][k][j]);
			}
		}
	}
	float *to = partial + (int64)block_x() * size;
	int all = h.taps * v.taps * E;
#pragma unroll
	for (int u = 0; u < taps; u++) {
#pragma unroll
		for (int k = 0; k < 4; k++) {
			Pack<float, 4> p;
			p.set(sums[u][k]);
			cells[k * block_threads + t] = p.w;
		}
		barrier();
		for (int i = t; i < 4 * wide; i += wide * high) {
			int l = i % wide, k = i / wide, filter = (block_z() * wide + l) * 4 + k;
			float sum[4] = {};
			for (int y = 0; y < high; y++) {
				Words4 part = cells[k * block_threads + y * wide + l];
#pragma unroll
				for (int j = 0; j < 4; j++) sum[j] += float_of(part[j]);
			}
			if (filter < filters * 4) put<float, 4>(to + (int64)filter * all + (r * v.taps + s + u) * E + c, sum, 0);
		}
		barrier();
	}
}

GROUP_VARIANTS(conv_groups_weights,
	(float *partial, const T *x, const T *dy, int filters, int J, int E, int x_stride, int dy_stride, int rows, int span, int size, AXIS(h), AXIS(v)),
	(partial, x, dy, filters, J, E, x_stride, dy_stride, rows, span, size, THE_AXIS(h), THE_AXIS(v)))
