// Convolutions as products of matrices that are put together on the way: a block
// computes a tile of tile_long by tile_short results, each of its 256 threads 8
// by 4 of them, from tiles of the two factors in shared memory that are tile_deep
// deep. The next tiles are on their way in registers meanwhile.
#include "conv.h"
#include "sums.h"

CONSTANT int tile_long = 128, tile_short = 64, tile_deep = 16;

#define TILES(left, right) \
	SHARED(Words4, cells, tile_deep *(tile_long + tile_short) / 4); \
	float *left = (float *)&cells[0], *right = left + tile_deep * tile_long

// The 8 of a thread are two times 4 neighbours, half a tile apart: so that the
// threads of a warp read shared memory side by side.
DEVICE int in_tile(int y, int i) { return i / 4 * (tile_long / 2) + y * 4 + i % 4; }

// multiply adds the product of two tiles, for thread (x,y) of 16 by 16.
DEVICE void multiply(float (&sums)[8][4], const float *left, const float *right, int x, int y) {
#pragma unroll 4
	for (int d = 0; d < tile_deep; d++) {
		float a[8], b[4];
		get_all<4>(a, left + d * tile_long + y * 4);
		get_all<4>(a + 4, left + d * tile_long + tile_long / 2 + y * 4);
		get_all<4>(b, right + d * tile_short + x * 4);
#pragma unroll
		for (int i = 0; i < 8; i++) {
#pragma unroll
			for (int j = 0; j < 4; j++) sums[i][j] = __builtin_fmaf(a[i], b[j], sums[i][j]);
		}
	}
}

// conv computes y from x and the weights w, or, going back, the gradient of the
// input, y, from that of the output, x. J channels of each group are computed
// from E. The long side of a tile is positions, the short one channels, the deep
// one taps by E. w has rows of window taps, by E channels; going back, by J.
template <class T, int V, bool back>
INLINE void conv(T *y, const T *x, const T *w, int J, int E, int y_stride, int x_stride, int rows, int add,
	int window, int S, Axis h, Axis v) {
	TILES(left, right);
	int t = thread_x(), group = block_z(), first = block_x() * tile_long, channel = block_y() * tile_short;
	int all = h.taps * v.taps * E;

	// Of the long side a thread loads 8 values of one position.
	int long_row = t % tile_long, long_deep = t / tile_long * 8;
	Position o(first + long_row, h.count, v.count);
	bool exists = first + long_row < rows;
	int top = h.origin<back>(o.y), leftmost = v.origin<back>(o.x);
	const T *image = x + (int64)o.n * h.source * v.source * x_stride + group * E;
	Tap from(long_deep, E, v.taps);

	// Of the short side it loads 4 values: of one filter, or, going back, of one tap
	// and channel of x.
	int short_row = back ? t % 16 * 4 : t % tile_short, short_deep = back ? t / 16 : t / tile_short * 4;
	const T *filter = w + (int64)(group * (back ? E : J)) * window * (back ? J : E) + channel + short_row;
	if (!back) filter = w + (int64)(group * J + channel + short_row) * window * E;
	Tap by(short_deep, E, v.taps);

	Pack<T, V> longs[8 / V], shorts[4 / V];
	auto load = [&](int e) {
#pragma unroll
		for (int i = 0; i < 8 / V; i++, from.advance(V, E, v.taps)) {
			int line = top + (back ? -from.r : from.r), column = leftmost + (back ? -from.s : from.s);
			longs[i] = Pack<T, V>();
			if (exists && e + long_deep + i * V < all && h.has(line) && v.has(column)) {
				longs[i].load(at(image, line * v.source + column, x_stride, from.c));
			}
		}
		from.advance(tile_deep - 8, E, v.taps);
		int tap = h.weight<back>(by.r) * S + v.weight<back>(by.s);
#pragma unroll
		for (int i = 0; i < 4 / V; i++) {
			shorts[i] = Pack<T, V>();
			if (back) {
				if (e + short_deep < all && channel + short_row + i * V < J) shorts[i].load(filter + ((int64)by.c * window + tap) * J + i * V);
			} else {
				if (e + short_deep + i * V < all && channel + short_row < J) shorts[i].load(filter + e + short_deep + i * V);
			}
		}
		if (back) by.advance(tile_deep, E, v.taps);
	};

	float sums[8][4] = {};
	for (int e = 0; e < all + tile_deep; e += tile_deep) {
		if (e < all) load(e);
		if (e > 0) multiply(sums, left, right, t % 16, t / 16);
		if (e >= all) break;
		barrier();
#pragma unroll
		for (int i = 0; i < 8; i++) left[(long_deep + i) * tile_long + long_row] = longs[i / V].get(i % V);
#pragma unroll
		for (int i = 0; i < 4; i++) {
			int to = back ? short_deep * tile_short + short_row + i : (short_deep + i) * tile_short + short_row;
			right[to] = shorts[i / V].get(i % V);
		}
		barrier();
	}

	int c = channel + t % 16 * 4;
	Position p = o;
#pragma unroll
	for (int i = 0; i < 8; i++) {
		int row = first + in_tile(t / 16, i);
		if (i % 4 == 0) p = Position(row, h.count, v.count);
		if (row >= rows) break;
		int to = (p.n * h.size + h.result<back>(p.y)) * v.size + v.result<back>(p.x);
#pragma unroll
		for (int j = 0; j < 4; j += V) {
			float f[V];
#pragma unroll
			for (int k = 0; k < V; k++) f[k] = sums[i][j + k];
			if (c + j < J) put<T, V>(at(y, to, y_stride, group * J + c + j), f, add);
		}
		p.advance(1, h.count, v.count);
	}
}

template <class T, int V> INLINE void conv_forward(T *y, const T *x, const T *w, int J, int E, int y_stride, int x_stride,
	int rows, int add, int window, int S, Axis h, Axis v) {
	conv<T, V, false>(y, x, w, J, E, y_stride, x_stride, rows, add, window, S, h, v);
}
template <class T, int V> INLINE void conv_back(T *y, const T *x, const T *w, int J, int E, int y_stride, int x_stride,
	int rows, int add, int window, int S, Axis h, Axis v) {
	conv<T, V, true>(y, x, w, J, E, y_stride, x_stride, rows, add, window, S, h, v);
}

// Four values at a time, of either type, as many as a tile's threads compute.
#define CONV_VARIANTS(name, params, args) \
	VARIANT(BLOCK_KERNEL, name##_f32, name, float, 4, LIST params, args) \
	VARIANT(BLOCK_KERNEL, name##_f32_1, name, float, 1, LIST params, args) \
	VARIANT(BLOCK_KERNEL, name##_bf16, name, bfloat16, 4, LIST params, args) \
	VARIANT(BLOCK_KERNEL, name##_bf16_1, name, bfloat16, 1, LIST params, args)

CONV_VARIANTS(conv_forward,
	(T *y, const T *x, const T *w, int J, int E, int y_stride, int x_stride, int rows, int add, int window, int S, AXIS(h), AXIS(v)),
	(y, x, w, J, E, y_stride, x_stride, rows, add, window, S, THE_AXIS(h), THE_AXIS(v)))
CONV_VARIANTS(conv_back,
	(T *y, const T *x, const T *w, int J, int E, int y_stride, int x_stride, int rows, int add, int window, int S, AXIS(h), AXIS(v)),
	(y, x, w, J, E, y_stride, x_stride, rows, add, window, S, THE_AXIS(h), THE_AXIS(v)))

// conv_weights sums the gradient of the weights over a span of the rows of dy:
// partial[span][K][taps][E] for J filters of each group, of E channels. The long
// side of a tile is taps by E, the short one filters, the deep one rows.
template <class T, int V>
INLINE void conv_weights(float *partial, const T *x, const T *dy, int J, int E, int x_stride, int dy_stride, int rows, int span,
	int size, Axis h, Axis v) {
	TILES(left, right);
	int t = thread_x(), group = block_z(), all = h.taps * v.taps * E, tiles = ceil_div(all, tile_long);
	int first = block_y() % tiles * tile_long, filter = block_y() / tiles * tile_short;
	int end = least(rows, (block_x() + 1) * span), deep = t / 16, place = t % 16 * 4;
	int row = block_x() * span + deep;
	Position o(row, h.count, v.count);

	Tap taps[8 / V];
#pragma unroll
	for (int i = 0; i < 8 / V; i++) taps[i] = Tap(first + in_tile(t % 16, i * V), E, v.taps);

	Pack<T, V> longs[8 / V], shorts[4 / V];
	auto load = [&]() {
		int top = h.origin<false>(o.y), leftmost = v.origin<false>(o.x);
		const T *image = x + (int64)o.n * h.source * v.source * x_stride + group * E;
#pragma unroll
		for (int i = 0; i < 8 / V; i++) {
			int line = top + taps[i].r, column = leftmost + taps[i].s;
			longs[i] = Pack<T, V>();
			if (row < end && taps[i].r < h.taps && h.has(line) && v.has(column)) {
				longs[i].load(at(image, line * v.source + column, x_stride, taps[i].c));
			}
		}
#pragma unroll
		for (int i = 0; i < 4 / V; i++) {
			int j = filter + place + i * V;
			shorts[i] = Pack<T, V>();
			if (row < end && j < J) shorts[i].load(at(dy, row, dy_stride, group * J + j));
		}
		row += tile_deep;
		o.advance(tile_deep, h.count, v.count);
	};

	float sums[8][4] = {};
	int begin = block_x() * span;
	for (int r = begin; r < end + tile_deep; r += tile_deep) {
		if (r < end) load();
		if (r > begin) multiply(sums, left, right, t / 16, t % 16);
		if (r >= end) break;
		barrier();
#pragma unroll
		for (int i = 0; i < 8; i++) left[deep * tile_long + in_tile(t % 16, i)] = longs[i / V].get(i % V);
#pragma unroll
		for (int i = 0; i < 4; i++) right[deep * tile_short + place + i] = shorts[i / V].get(i % V);
		barrier();
	}

	float *to = partial + (int64)block_x() * size;
#pragma unroll
	for (int j = 0; j < 4; j++) {
		int k = filter + t / 16 * 4 + j;
		if (k >= J) continue;
#pragma unroll
		for (int i = 0; i < 8; i += V) {
			int e = first + in_tile(t % 16, i);
			float f[V];
#pragma unroll
			for (int n = 0; n < V; n++) f[n] = sums[i + n][j];
			if (e < all) put<float, V>(to + (int64)(group * J + k) * all + e, f, 0);
		}
	}
}

CONV_VARIANTS(conv_weights,
	(float *partial, const T *x, const T *dy, int J, int E, int x_stride, int dy_stride, int rows, int span, int size, AXIS(h), AXIS(v)),
	(partial, x, dy, J, E, x_stride, dy_stride, rows, span, size, THE_AXIS(h), THE_AXIS(v)))

// conv_weights_finish adds up the spans of size sums each. Blocks are 32 sums by
// 8 lanes of spans.
template <class T, int V> DEVICE void conv_weights_finish(T *dw, const float *partial, int spans, int size) {
	SHARED(double, cells, block_threads);
	int i = block_x() * 32 + thread_x(), t = thread_y() * 32 + thread_x();
	double sum = 0;
	if (i < size) {
#pragma unroll 4
		for (int s = thread_y(); s < spans; s += 8) sum += partial[(int64)s * size + i];
	}
	cells[t] = sum;
	barrier();
	if (thread_y() > 0 || i >= size) return;
	for (int y = 1; y < 8; y++) sum += cells[y * 32 + t];
	narrow(dw[i], (float)sum);
}

VARIANT(BLOCK_KERNEL, conv_weights_finish_f32, conv_weights_finish, float, 1, LIST(T *dw, const float *partial, int spans, int size), (dw, partial, spans, size))
VARIANT(BLOCK_KERNEL, conv_weights_finish_bf16, conv_weights_finish, bfloat16, 1, LIST(T *dw, const float *partial, int spans, int size), (dw, partial, spans, size))
