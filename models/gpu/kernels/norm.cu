// Batch norm forward: statistics, and applying them.
#include "moments.h"
#include "sums.h"

// norm_stats sums y-guess and its square over the rows of a span of an image.
// guess is the mean of a few rows of all of them, so that little is lost in the
// difference of squares; it is written behind the partial sums.
template <class T, int V>
DEVICE void norm_stats(const T *y, float *partial, float *guesses, int C, int stride, int rows, int span, int all) {
	SHARED(float, cells, 2 * V * block_threads);
	Place<V> p(rows, span);
	float guess[V] = {}, sums[2][V] = {};
	if (p.c < C) {
		int few = least(8, all);
#pragma unroll 1
		for (int i = 0; i < few; i++) {
			Pack<T, V> v;
			v.load(at(y, (int)((int64)i * all / few), stride, p.c));
#pragma unroll
			for (int j = 0; j < V; j++) guess[j] += v.get(j);
		}
#pragma unroll
		for (int j = 0; j < V; j++) guess[j] /= few;
		if (block_y() == 0 && block_z() == 0 && thread_y() == 0) {
#pragma unroll
			for (int j = 0; j < V; j++) guesses[p.c + j] = guess[j];
		}
		const T *image = y + (int64)block_z() * rows * stride;
		for (int row = p.first; row < p.end; row += 4 * p.step) {
			Pack<T, V> v[4];
#pragma unroll
			for (int u = 0; u < 4; u++) {
				if (row + u * p.step < p.end) v[u].load(at(image, row + u * p.step, stride, p.c));
			}
#pragma unroll
			for (int u = 0; u < 4; u++) {
				if (row + u * p.step < p.end) {
#pragma unroll
					for (int j = 0; j < V; j++) {
						float d = v[u].get(j) - guess[j];
						sums[0][j] += d;
						sums[1][j] = __builtin_fmaf(d, d, sums[1][j]);
					}
				}
			}
		}
	}
	write_partial(sums, cells, partial, C);
}

VARIANTS(BLOCK_KERNEL, norm_stats,
	(const T *y, float *partial, float *guesses, int C, int stride, int rows, int span, int all),
	(y, partial, guesses, C, stride, rows, span, all))

// norm_finish makes the moments of the partial sums of rows rows, and moves the
// running statistics.
BLOCK_KERNEL(norm_finish, 512, const float *partial, const float *guesses, int spans, int C, int rows,
	const float *gamma, const float *beta, float *running_mean, float *running_var, float *moments,
	double eps, double momentum, const unsigned *ok) {
	SHARED(double, cells, 2 * finish_channels * finish_lanes);
	int c = block_x() * finish_channels + thread_x();
	double sums[2];
	add_partial(sums, cells, partial, spans, C, c);
	if (thread_y() > 0 || c >= C) return;
	double count = rows, squares = sums[1] - sums[0] * sums[0] / count;
	if (squares < 0) squares = 0;
	double mean = guesses[c] + sums[0] / count, inverse = 1 / __builtin_sqrt(squares / count + eps);
	double scale = gamma[c] * inverse;
	moments[c] = (float)mean;
	moments[C + c] = (float)inverse;
	moments[2 * C + c] = (float)scale;
	moments[3 * C + c] = (float)(beta[c] - mean * scale);
	if (ok && !*ok) return;
	running_mean[c] = (float)((1 - momentum) * running_mean[c] + momentum * mean);
	running_var[c] = (float)((1 - momentum) * running_var[c] + momentum * (squares / (count - 1)));
}

// norm_images makes the means of each image of partial sums of y-guess: raw, if
// wanted, and with moments those of what the norm makes of y.
KERNEL(norm_images, 256, const float *partial, const float *guesses, int spans, int N, int C, int rows,
	const float *moments, float *raw, float *mean) {
	int i = block_x() * threads_x() + thread_x(), n = i / C, c = i % C;
	if (n >= N) return;
	const float *from = partial + (int64)n * spans * 2 * C + c;
	double sum = 0;
	for (int s = 0; s < spans; s++) sum += from[(int64)s * 2 * C];
	double v = guesses[c] + sum / rows;
	if (raw) raw[i] = (float)v;
	if (moments) v = v * scale_of(moments, C)[c] + offset_of(moments, C)[c];
	mean[i] = (float)v;
}

// NormEntry is a norm of the table of norm_running.
struct NormEntry {
	const float *gamma, *beta, *running_mean, *running_var;
	float *moments;
	double eps;
	int64 C;
};

// norm_running makes the moments of one norm a block from running statistics.
KERNEL(norm_running, 256, const NormEntry *table) {
	NormEntry e = table[block_x()];
	int C = (int)e.C;
	for (int c = thread_x(); c < C; c += threads_x()) {
		double mean = e.running_mean[c], inverse = 1 / __builtin_sqrt(e.running_var[c] + e.eps);
		double scale = e.gamma[c] * inverse;
		e.moments[c] = (float)mean;
		e.moments[C + c] = (float)inverse;
		e.moments[2 * C + c] = (float)scale;
		e.moments[3 * C + c] = (float)(e.beta[c] - mean * scale);
	}
}

// norm_apply computes out = y*scale + offset (+ residual) (cut at zero). The
// residual may have moments of its own.
template <class T, int V>
DEVICE void norm_apply(T *out, const T *y, const T *residual, const float *moments, const float *others,
	int C, int out_stride, int stride, int residual_stride, int rows, int span, int relu) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	float scale[V], offset[V], other[V];
	get_all<V>(scale, scale_of(moments, C) + p.c);
	get_all<V>(offset, offset_of(moments, C) + p.c);
	if (others) {
		float more[V];
		get_all<V>(other, scale_of(others, C) + p.c);
		get_all<V>(more, offset_of(others, C) + p.c);
#pragma unroll
		for (int j = 0; j < V; j++) offset[j] += more[j];
	} else {
#pragma unroll
		for (int j = 0; j < V; j++) other[j] = 1;
	}
	for (int row = p.first; row < p.end; row += 2 * p.step) {
		Pack<T, V> v[2], r[2];
#pragma unroll
		for (int u = 0; u < 2; u++) {
			if (row + u * p.step < p.end) {
				v[u].load(at(y, row + u * p.step, stride, p.c));
				if (residual) r[u].load(at(residual, row + u * p.step, residual_stride, p.c));
			}
		}
#pragma unroll
		for (int u = 0; u < 2; u++) {
			if (row + u * p.step < p.end) {
				float f[V];
#pragma unroll
				for (int j = 0; j < V; j++) {
					f[j] = __builtin_fmaf(v[u].get(j), scale[j], offset[j]);
					if (residual) f[j] = __builtin_fmaf(r[u].get(j), other[j], f[j]);
					if (relu) f[j] = positive(f[j]);
				}
				v[u].set(f);
				v[u].store(at(out, row + u * p.step, out_stride, p.c));
			}
		}
	}
}

VARIANTS(KERNEL, norm_apply,
	(T *out, const T *y, const T *residual, const float *moments, const float *others,
		int C, int out_stride, int stride, int residual_stride, int rows, int span, int relu),
	(out, y, residual, moments, others, C, out_stride, stride, residual_stride, rows, span, relu))
