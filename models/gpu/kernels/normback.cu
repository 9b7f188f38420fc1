// Batch norm backward: sums of the gradient, and the gradient of the input.
#include "moments.h"
#include "sums.h"
#include "windows.h"

// How the gradient of a norm's result is told from that of the layer behind it,
// dout: it is dout; or dout where max(y*scale+offset, 0) did not cut; or where
// out is above zero, and then it is written over dout; or where a max pool with
// moments took its values from.
enum Source { whole, cut_by_input, cut_by_output, pooled };

// Gradient is where it comes from.
template <class T> struct Gradient {
	T *dout;
	const T *out;
	const uint8 *index;
	int stride, out_stride;
	Windows windows;

	// position is that of a row where windows matter.
	DEVICE Position position(int row, Source source) const {
		return source == pooled ? Position(row, windows.H, windows.W) : Position(0, 1, 1);
	}
};

// take is the gradient of V channels of a row, of which y is the norm's input,
// and which is at a position of the pool's input.
template <class T, int V, Source source>
DEVICE void take(float (&d)[V], const Gradient<T> &g, const Pack<T, V> &y, const float *scale, const float *offset,
	int row, const Position &o, int C, int c) {
	if (source == pooled) {
		gathered<T, V>(d, g.dout, g.index, g.windows, o, C, g.stride, c);
		return;
	}
	Pack<T, V> v, out;
	v.load(at(g.dout, row, g.stride, c));
	if (source == cut_by_output) out.load(at(g.out, row, g.out_stride, c));
#pragma unroll
	for (int j = 0; j < V; j++) {
		d[j] = v.get(j);
		if (source == cut_by_input && __builtin_fmaf(y.get(j), scale[j], offset[j]) <= 0) d[j] = 0;
		if (source == cut_by_output && out.get(j) <= 0) d[j] = 0;
	}
	if (source == cut_by_output) {
		v.set(d);
		v.store(at(g.dout, row, g.stride, c));
	}
}

// norm_back_sums sums the gradient and its product with y-mean over the rows of
// a span of an image. Without moments the mean is zero.
template <class T, int V, Source source>
DEVICE void norm_back_sums(const T *y, Gradient<T> g, const float *moments, float *partial, int C, int stride, int rows, int span) {
	SHARED(float, cells, 2 * V * block_threads);
	Place<V> p(rows, span);
	float sums[2][V] = {};
	if (p.c < C) {
		float mean[V] = {}, scale[V], offset[V];
		if (moments) get_all<V>(mean, mean_of(moments) + p.c);
		if (source == cut_by_input) {
			get_all<V>(scale, scale_of(moments, C) + p.c);
			get_all<V>(offset, offset_of(moments, C) + p.c);
		}
		int base = block_z() * rows;
		Position o = g.position(p.first, source);
#pragma unroll 2
		for (int row = base + p.first; row < base + p.end; row += p.step) {
			Pack<T, V> v;
			v.load(at(y, row, stride, p.c));
			float d[V];
			take<T, V, source>(d, g, v, scale, offset, row, o, C, p.c);
#pragma unroll
			for (int j = 0; j < V; j++) {
				sums[0][j] += d[j];
				sums[1][j] = __builtin_fmaf(d[j], v.get(j) - mean[j], sums[1][j]);
			}
			if (source == pooled) o.advance(p.step, g.windows.H, g.windows.W);
		}
	}
	write_partial(sums, cells, partial, C);
}

template <class T, int V> DEVICE void norm_sums_whole(const T *y, T *dout, const float *moments, float *partial,
	int C, int stride, int dout_stride, int rows, int span) {
	norm_back_sums<T, V, whole>(y, {dout, nullptr, nullptr, dout_stride, 0, {}}, moments, partial, C, stride, rows, span);
}
template <class T, int V> DEVICE void norm_sums_input(const T *y, T *dout, const float *moments, float *partial,
	int C, int stride, int dout_stride, int rows, int span) {
	norm_back_sums<T, V, cut_by_input>(y, {dout, nullptr, nullptr, dout_stride, 0, {}}, moments, partial, C, stride, rows, span);
}
template <class T, int V> DEVICE void norm_sums_output(const T *y, T *dout, const T *out, const float *moments, float *partial,
	int C, int stride, int dout_stride, int out_stride, int rows, int span) {
	norm_back_sums<T, V, cut_by_output>(y, {dout, out, nullptr, dout_stride, out_stride, {}}, moments, partial, C, stride, rows, span);
}
template <class T, int V> DEVICE void norm_sums_pooled(const T *y, T *dout, const uint8 *index, const float *moments, float *partial,
	int C, int stride, int dout_stride, int rows, int span, Windows windows) {
	norm_back_sums<T, V, pooled>(y, {dout, nullptr, index, dout_stride, 0, windows}, moments, partial, C, stride, rows, span);
}

VARIANTS(BLOCK_KERNEL, norm_sums_whole,
	(const T *y, T *dout, const float *moments, float *partial, int C, int stride, int dout_stride, int rows, int span),
	(y, dout, moments, partial, C, stride, dout_stride, rows, span))
VARIANTS(BLOCK_KERNEL, norm_sums_input,
	(const T *y, T *dout, const float *moments, float *partial, int C, int stride, int dout_stride, int rows, int span),
	(y, dout, moments, partial, C, stride, dout_stride, rows, span))
VARIANTS(BLOCK_KERNEL, norm_sums_output,
	(const T *y, T *dout, const T *out, const float *moments, float *partial, int C, int stride, int dout_stride, int out_stride, int rows, int span),
	(y, dout, out, moments, partial, C, stride, dout_stride, out_stride, rows, span))
VARIANTS(BLOCK_KERNEL, norm_sums_pooled,
	(const T *y, T *dout, const uint8 *index, const float *moments, float *partial, int C, int stride, int dout_stride, int rows, int span, WINDOWS),
	(y, dout, index, moments, partial, C, stride, dout_stride, rows, span, THE_WINDOWS))

// norm_back_finish makes of the partial sums what write_back does.
BLOCK_KERNEL(norm_back_finish, 512, const float *partial, int spans, int C, int rows, const float *moments,
	float *dgamma, float *dbeta, float *slopes) {
	SHARED(double, cells, 2 * finish_channels * finish_lanes);
	int c = block_x() * finish_channels + thread_x();
	double sums[2];
	add_partial(sums, cells, partial, spans, C, c);
	if (thread_y() == 0 && c < C) write_back(sums[0], sums[1], c, C, rows, moments, dgamma, dbeta, slopes);
}

// norm_back_apply computes dy. dy may be y, and dout where it is not pooled.
template <class T, int V, Source source>
DEVICE void norm_back_apply(T *dy, const T *y, Gradient<T> g, const float *moments, const float *slopes,
	int C, int dy_stride, int stride, int rows, int span) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	float scale[V], offset[V], slope[V], level[V];
	get_all<V>(scale, scale_of(moments, C) + p.c);
	if (source == cut_by_input) get_all<V>(offset, offset_of(moments, C) + p.c);
	get_all<V>(slope, slopes + p.c);
	get_all<V>(level, slopes + C + p.c);
	Position o = g.position(p.first, source);
#pragma unroll 2
	for (int row = p.first; row < p.end; row += p.step) {
		Pack<T, V> v;
		v.load(at(y, row, stride, p.c));
		float d[V];
		take<T, V, source>(d, g, v, scale, offset, row, o, C, p.c);
#pragma unroll
		for (int j = 0; j < V; j++) d[j] = __builtin_fmaf(scale[j], d[j], __builtin_fmaf(slope[j], v.get(j), level[j]));
		v.set(d);
		v.store(at(dy, row, dy_stride, p.c));
		if (source == pooled) o.advance(p.step, g.windows.H, g.windows.W);
	}
}

template <class T, int V> DEVICE void norm_back_whole(T *dy, const T *y, T *dout, const float *moments, const float *slopes,
	int C, int dy_stride, int stride, int dout_stride, int rows, int span) {
	norm_back_apply<T, V, whole>(dy, y, {dout, nullptr, nullptr, dout_stride, 0, {}}, moments, slopes, C, dy_stride, stride, rows, span);
}
template <class T, int V> DEVICE void norm_back_input(T *dy, const T *y, T *dout, const float *moments, const float *slopes,
	int C, int dy_stride, int stride, int dout_stride, int rows, int span) {
	norm_back_apply<T, V, cut_by_input>(dy, y, {dout, nullptr, nullptr, dout_stride, 0, {}}, moments, slopes, C, dy_stride, stride, rows, span);
}
template <class T, int V> DEVICE void norm_back_pooled(T *dy, const T *y, T *dout, const uint8 *index, const float *moments, const float *slopes,
	int C, int dy_stride, int stride, int dout_stride, int rows, int span, Windows windows) {
	norm_back_apply<T, V, pooled>(dy, y, {dout, nullptr, index, dout_stride, 0, windows}, moments, slopes, C, dy_stride, stride, rows, span);
}

VARIANTS(KERNEL, norm_back_whole,
	(T *dy, const T *y, T *dout, const float *moments, const float *slopes, int C, int dy_stride, int stride, int dout_stride, int rows, int span),
	(dy, y, dout, moments, slopes, C, dy_stride, stride, dout_stride, rows, span))
VARIANTS(KERNEL, norm_back_input,
	(T *dy, const T *y, T *dout, const float *moments, const float *slopes, int C, int dy_stride, int stride, int dout_stride, int rows, int span),
	(dy, y, dout, moments, slopes, C, dy_stride, stride, dout_stride, rows, span))
VARIANTS(KERNEL, norm_back_pooled,
	(T *dy, const T *y, T *dout, const uint8 *index, const float *moments, const float *slopes, int C, int dy_stride, int stride, int dout_stride, int rows, int span, WINDOWS),
	(dy, y, dout, index, moments, slopes, C, dy_stride, stride, dout_stride, rows, span, THE_WINDOWS))
