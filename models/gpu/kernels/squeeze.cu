// Squeeze-and-excitation: what stands around its two linear layers. x is what a
// norm makes of y, or, without moments, y itself.
#include "moments.h"
#include "sums.h"

// squeeze_apply computes out = max(x*gate + residual, 0), an image a block's z.
template <class T, int V>
DEVICE void squeeze_apply(T *out, const T *y, const T *residual, const float *moments, const float *gates,
	int C, int out_stride, int stride, int residual_stride, int rows, int span) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	float scale[V], offset[V];
#pragma unroll
	for (int j = 0; j < V; j++) {
		float gate = gates[(int64)block_z() * C + p.c + j];
		scale[j] = gate, offset[j] = 0;
		if (moments) {
			scale[j] = gate * scale_of(moments, C)[p.c + j];
			offset[j] = gate * offset_of(moments, C)[p.c + j];
		}
	}
	int base = block_z() * rows;
	for (int row = base + p.first; row < base + p.end; row += 2 * p.step) {
		Pack<T, V> v[2], r[2];
#pragma unroll
		for (int u = 0; u < 2; u++) {
			if (row + u * p.step < base + p.end) {
				v[u].load(at(y, row + u * p.step, stride, p.c));
				r[u].load(at(residual, row + u * p.step, residual_stride, p.c));
			}
		}
#pragma unroll
		for (int u = 0; u < 2; u++) {
			if (row + u * p.step < base + p.end) {
				float f[V];
#pragma unroll
				for (int j = 0; j < V; j++) f[j] = positive(__builtin_fmaf(v[u].get(j), scale[j], offset[j]) + r[u].get(j));
				v[u].set(f);
				v[u].store(at(out, row + u * p.step, out_stride, p.c));
			}
		}
	}
}

VARIANTS(KERNEL, squeeze_apply,
	(T *out, const T *y, const T *residual, const float *moments, const float *gates, int C, int out_stride, int stride, int residual_stride, int rows, int span),
	(out, y, residual, moments, gates, C, out_stride, stride, residual_stride, rows, span))

// squeeze_gates_back adds up an image's partial sums of norm_sums_output, of d
// and of d*(y-mean), into sums (N,2,C), and makes the gradient of the gates
// before their sigmoid.
KERNEL(squeeze_gates_back, 256, const float *partial, int spans, int N, int C, const float *moments, const float *gates,
	float *sums, float *dgates) {
	int i = block_x() * threads_x() + thread_x(), n = i / C, c = i % C;
	if (n >= N) return;
	const float *from = partial + (int64)n * spans * 2 * C + c;
	double sum = 0, dot = 0;
	for (int s = 0; s < spans; s++) {
		sum += from[(int64)(2 * s) * C];
		dot += from[(int64)(2 * s + 1) * C];
	}
	sums[(int64)(2 * n) * C + c] = (float)sum;
	sums[(int64)(2 * n + 1) * C + c] = (float)dot;
	double d = dot, g = gates[i]; // of d*x
	if (moments) {
		double scale = scale_of(moments, C)[c];
		d = scale * dot + (scale * mean_of(moments)[c] + offset_of(moments, C)[c]) * sum;
	}
	dgates[i] = (float)(d * g * (1 - g));
}

// squeeze_norm_finish makes of the sums of each image, its gates, the gradient
// dmean of its means, and its means raw, what norm_back_finish makes: the norm's
// result has the gradient d*gate + dmean/rows.
KERNEL(squeeze_norm_finish, 256, const float *sums, const float *gates, const float *dmean, const float *raw, int N, int C, int rows,
	const float *moments, float *dgamma, float *dbeta, float *slopes) {
	int c = block_x() * threads_x() + thread_x();
	if (c >= C) return;
	double sum = 0, dot = 0, mean = mean_of(moments)[c];
	for (int n = 0; n < N; n++) {
		int64 i = (int64)n * C + c;
		double gate = gates[i], d = dmean[i];
		sum += gate * sums[(int64)(2 * n) * C + c] + d;
		dot += gate * sums[(int64)(2 * n + 1) * C + c] + d * (raw[i] - mean);
	}
	write_back(sum, dot, c, C, (double)N * rows, moments, dgamma, dbeta, slopes);
}

// squeeze_back_apply computes from d, cut already, the gradient of y. dy may be y.
template <class T, int V>
DEVICE void squeeze_back_apply(T *dy, const T *y, const T *d, const float *moments, const float *slopes, const float *gates,
	const float *dmean, int C, int dy_stride, int stride, int d_stride, int rows, int span) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	float gate[V], slope[V], level[V];
#pragma unroll
	for (int j = 0; j < V; j++) {
		int c = p.c + j;
		gate[j] = gates[(int64)block_z() * C + c];
		level[j] = dmean[(int64)block_z() * C + c] / rows;
		if (moments) {
			float scale = scale_of(moments, C)[c];
			gate[j] *= scale;
			level[j] = __builtin_fmaf(level[j], scale, slopes[C + c]);
			slope[j] = slopes[c];
		}
	}
	int base = block_z() * rows;
#pragma unroll 2
	for (int row = base + p.first; row < base + p.end; row += p.step) {
		Pack<T, V> v, g;
		g.load(at(d, row, d_stride, p.c));
		if (moments) v.load(at(y, row, stride, p.c));
		float f[V];
#pragma unroll
		for (int j = 0; j < V; j++) {
			f[j] = level[j];
			if (moments) f[j] = __builtin_fmaf(slope[j], v.get(j), f[j]);
			f[j] = __builtin_fmaf(gate[j], g.get(j), f[j]);
		}
		g.set(f);
		g.store(at(dy, row, dy_stride, p.c));
	}
}

VARIANTS(KERNEL, squeeze_back_apply,
	(T *dy, const T *y, const T *d, const float *moments, const float *slopes, const float *gates, const float *dmean,
		int C, int dy_stride, int stride, int d_stride, int rows, int span),
	(dy, y, d, moments, slopes, gates, dmean, C, dy_stride, stride, d_stride, rows, span))
