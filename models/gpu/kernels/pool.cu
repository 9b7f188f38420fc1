// Pools. Each thread computes some channels of some positions of its result.
#include "moments.h"
#include "windows.h"

// max_pool computes y, and index if wanted; with moments of max(x*scale+offset, 0).
template <class T, int V>
DEVICE void max_pool(T *y, const T *x, const float *moments, uint8 *index, int C, int y_stride, int stride, int rows, int span, Windows s) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	float scale[V], offset[V];
	if (moments) {
		get_all<V>(scale, scale_of(moments, C) + p.c);
		get_all<V>(offset, offset_of(moments, C) + p.c);
	}
	Position o(p.first, s.OH, s.OW);
	for (int row = p.first; row < p.end; row += p.step, o.advance(p.step, s.OH, s.OW)) {
		int top = o.y * s.stride - s.pad, left = o.x * s.stride - s.pad;
		float best[V];
		int where[V];
#pragma unroll
		for (int j = 0; j < V; j++) where[j] = -1, best[j] = 0;
		for (int i = most(0, -top); i < least(s.kernel, s.H - top); i++) {
			for (int k = most(0, -left); k < least(s.kernel, s.W - left); k++) {
				Pack<T, V> v;
				v.load(at(x, (o.n * s.H + top + i) * s.W + left + k, stride, p.c));
#pragma unroll
				for (int j = 0; j < V; j++) {
					float f = v.get(j);
					if (moments) f = positive(__builtin_fmaf(f, scale[j], offset[j]));
					if (where[j] < 0 || f > best[j] || f != f) best[j] = f, where[j] = i * s.kernel + k;
				}
			}
		}
		Pack<T, V> v;
		v.set(best);
		v.store(at(y, row, y_stride, p.c));
		if (index) {
			if (moments) {
#pragma unroll
				for (int j = 0; j < V; j++) where[j] = best[j] <= 0 ? 255 : where[j];
			}
			Index<V> to;
			to.set(where);
			to.store(at(index, row, C, p.c));
		}
	}
}

VARIANTS(KERNEL, max_pool,
	(T *y, const T *x, const float *moments, uint8 *index, int C, int y_stride, int stride, int rows, int span, WINDOWS),
	(y, x, moments, index, C, y_stride, stride, rows, span, THE_WINDOWS))

template <class T, int V>
DEVICE void max_pool_back(T *dx, const T *dy, const uint8 *index, int C, int dx_stride, int stride, int rows, int span, int add, Windows s) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	Position o(p.first, s.H, s.W);
	for (int row = p.first; row < p.end; row += p.step, o.advance(p.step, s.H, s.W)) {
		float d[V];
		gathered<T, V>(d, dy, index, s, o, C, stride, p.c);
		put<T, V>(at(dx, row, dx_stride, p.c), d, add);
	}
}

VARIANTS(KERNEL, max_pool_back,
	(T *dx, const T *dy, const uint8 *index, int C, int dx_stride, int stride, int rows, int span, int add, WINDOWS),
	(dx, dy, index, C, dx_stride, stride, rows, span, add, THE_WINDOWS))

// average_pool takes means of 3x3 windows, zeros beyond the borders counted.
template <class T, int V>
DEVICE void average_pool(T *y, const T *x, int C, int y_stride, int stride, int rows, int span, int add, int H, int W) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	Position o(p.first, H, W);
	for (int row = p.first; row < p.end; row += p.step, o.advance(p.step, H, W)) {
		float sum[V] = {};
		for (int i = most(0, o.y - 1); i <= least(H - 1, o.y + 1); i++) {
			for (int k = most(0, o.x - 1); k <= least(W - 1, o.x + 1); k++) {
				Pack<T, V> v;
				v.load(at(x, (o.n * H + i) * W + k, stride, p.c));
#pragma unroll
				for (int j = 0; j < V; j++) sum[j] += v.get(j);
			}
		}
#pragma unroll
		for (int j = 0; j < V; j++) sum[j] *= 1.0f / 9;
		put<T, V>(at(y, row, y_stride, p.c), sum, add);
	}
}

VARIANTS(KERNEL, average_pool,
	(T *y, const T *x, int C, int y_stride, int stride, int rows, int span, int add, int H, int W),
	(y, x, C, y_stride, stride, rows, span, add, H, W))

// Output i of n along an axis of size positions covers those from window_first
// up to window_end.
DEVICE int window_first(int i, int n, int size) { return i * size / n; }
DEVICE int window_end(int i, int n, int size) { return ceil_div((i + 1) * size, n); }

template <class T, int V>
DEVICE void adaptive_pool(T *y, const T *x, int C, int y_stride, int stride, int rows, int span, int H, int W, int OH, int OW) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	Position o(p.first, OH, OW);
	for (int row = p.first; row < p.end; row += p.step, o.advance(p.step, OH, OW)) {
		int top = window_first(o.y, OH, H), bottom = window_end(o.y, OH, H);
		int left = window_first(o.x, OW, W), right = window_end(o.x, OW, W);
		float sum[V] = {};
		for (int i = top; i < bottom; i++) {
			for (int k = left; k < right; k++) {
				Pack<T, V> v;
				v.load(at(x, (o.n * H + i) * W + k, stride, p.c));
#pragma unroll
				for (int j = 0; j < V; j++) sum[j] += v.get(j);
			}
		}
		float share = 1.0f / (float)((bottom - top) * (right - left));
#pragma unroll
		for (int j = 0; j < V; j++) sum[j] *= share;
		put<T, V>(at(y, row, y_stride, p.c), sum, 0);
	}
}

VARIANTS(KERNEL, adaptive_pool,
	(T *y, const T *x, int C, int y_stride, int stride, int rows, int span, int H, int W, int OH, int OW),
	(y, x, C, y_stride, stride, rows, span, H, W, OH, OW))

// adaptive_pool_back gathers from all outputs that cover a position: along an
// axis from floor(i*n/size) up to ceil((i+1)*n/size), the same formula turned
// round.
template <class T, int V>
DEVICE void adaptive_pool_back(T *dx, const T *dy, int C, int dx_stride, int stride, int rows, int span, int add, int H, int W, int OH, int OW) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	Position o(p.first, H, W);
	for (int row = p.first; row < p.end; row += p.step, o.advance(p.step, H, W)) {
		float sum[V] = {};
		for (int i = window_first(o.y, H, OH); i < window_end(o.y, H, OH); i++) {
			int high = window_end(i, OH, H) - window_first(i, OH, H);
			for (int k = window_first(o.x, W, OW); k < window_end(o.x, W, OW); k++) {
				float share = 1.0f / (float)(high * (window_end(k, OW, W) - window_first(k, OW, W)));
				Pack<T, V> v;
				v.load(at(dy, (o.n * OH + i) * OW + k, stride, p.c));
#pragma unroll
				for (int j = 0; j < V; j++) sum[j] = __builtin_fmaf(v.get(j), share, sum[j]);
			}
		}
		put<T, V>(at(dx, row, dx_stride, p.c), sum, add);
	}
}

VARIANTS(KERNEL, adaptive_pool_back,
	(T *dx, const T *dy, int C, int dx_stride, int stride, int rows, int span, int add, int H, int W, int OH, int OW),
	(dx, dy, C, dx_stride, stride, rows, span, add, H, W, OH, OW))

// mean_pool_back spreads dy, float32 (N,C), over the rows of each image.
template <class T, int V>
DEVICE void mean_pool_back(T *dx, const float *dy, int C, int dx_stride, int rows, int span, int add) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	float share[V];
#pragma unroll
	for (int j = 0; j < V; j++) share[j] = dy[(int64)block_z() * C + p.c + j] / rows;
	T *image = dx + (int64)block_z() * rows * dx_stride;
	for (int row = p.first; row < p.end; row += p.step) {
		float d[V];
#pragma unroll
		for (int j = 0; j < V; j++) d[j] = share[j];
		put<T, V>(at(image, row, dx_stride, p.c), d, add);
	}
}

VARIANTS(KERNEL, mean_pool_back,
	(T *dx, const float *dy, int C, int dx_stride, int rows, int span, int add),
	(dx, dy, C, dx_stride, rows, span, add))
