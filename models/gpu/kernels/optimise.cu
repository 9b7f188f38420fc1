// Optimisers over all parameters in one buffer, four a thread.
#include "types.h"

// Gradients of the first narrow parameters are bfloat16.
#define PARAMETERS float *p, bfloat16 *shadow, const float *grads, const bfloat16 *narrow_grads, int64 N, int64 narrow, int64 shadowed

// Four are the parameters of a thread, of which the last may be fewer.
struct Four {
	int64 first;
	int count;
	DEVICE Four(int64 N) : Four(N, ((int64)block_x() * threads_x() + thread_x()) * 4) {}
	DEVICE Four(int64 N, int64 from) {
		first = from;
		count = N - first < 4 ? (int)(N - first) : 4; // may be none
	}
	DEVICE void load(float *to, const float *from) const {
		if (count == 4) return get_all<4>(to, from + first);
#pragma unroll
		for (int j = 0; j < 4; j++) to[j] = j < count ? from[first + j] : 0;
	}
	DEVICE void store(float *to, const float *from) const {
		if (count == 4) {
			Pack<float, 4> v;
			v.set(from);
			v.store(to + first);
			return;
		}
#pragma unroll
		for (int j = 0; j < 4; j++) {
			if (j < count) to[first + j] = from[j];
		}
	}
	// gradient loads the gradients, narrow ones a multiple of 8.
	DEVICE void gradient(float *to, const float *grads, const bfloat16 *narrow_grads, int64 narrow) const {
		if (first >= narrow) return load(to, grads);
		Pack<bfloat16, 4> v;
		v.load(narrow_grads + first);
#pragma unroll
		for (int j = 0; j < 4; j++) to[j] = v.get(j);
	}
	// write stores the parameters and their shadow.
	DEVICE void write(float *p, bfloat16 *shadow, int64 shadowed, const float *x) const {
		store(p, x);
		if (shadow && first < shadowed) {
			Pack<bfloat16, 4> v;
			v.set(x);
			v.store(shadow + first);
		}
	}
};

// adam takes a step: hyper is the step's size and the factor of the root.
KERNEL(adam, 256, PARAMETERS, float *first, float *second, float *largest, const float *hyper, const unsigned *ok,
	float rest1, float beta2, float rest2, float eps, float decay) {
	Four f(N);
	if (f.count <= 0 || (ok && !*ok)) return;
	float size = hyper[0], factor = hyper[1];
	float x[4], g[4], m[4], v[4], root[4];
	f.load(x, p);
	f.gradient(g, grads, narrow_grads, narrow);
	f.load(m, first);
	f.load(v, second);
	if (largest) f.load(root, largest);
#pragma unroll
	for (int j = 0; j < 4; j++) {
		float d = g[j] + decay * x[j];
		m[j] = __builtin_fmaf(rest1, d - m[j], m[j]);
		v[j] = __builtin_fmaf(rest2 * d, d, beta2 * v[j]);
		root[j] = largest && root[j] > v[j] ? root[j] : v[j];
		x[j] -= size * m[j] / (factor * __builtin_sqrtf(root[j]) + eps);
	}
	f.store(first, m);
	f.store(second, v);
	if (largest) f.store(largest, root);
	f.write(p, shadow, shadowed, x);
}

// sgd takes a step: hyper is the learning rate, and 1 where there is no momentum
// yet.
KERNEL(sgd, 256, PARAMETERS, float *buffer, const float *hyper, const unsigned *ok, float momentum, float decay, int nesterov) {
	Four f(N);
	if (f.count <= 0 || (ok && !*ok)) return;
	float lr = hyper[0];
	bool first = hyper[1] != 0;
	float x[4], g[4], b[4];
	f.load(x, p);
	f.gradient(g, grads, narrow_grads, narrow);
	f.load(b, buffer);
#pragma unroll
	for (int j = 0; j < 4; j++) {
		float d = g[j] + decay * x[j];
		b[j] = first ? d : momentum * b[j] + d;
		x[j] -= lr * (nesterov ? d + momentum * b[j] : b[j]);
	}
	f.store(buffer, b);
	f.write(p, shadow, shadowed, x);
}

// sum_up leaves the sum of a block's cells in the first.
template <typename Cells> DEVICE void sum_up(Cells &cells) {
	int t = thread_x();
	for (int half = threads_x() / 2; half > 0; half /= 2) {
		barrier();
		if (t < half) cells[t] += cells[t + half];
	}
}

// squares writes a block's part of the gradients' sum of squares.
BLOCK_KERNEL(squares, 256, double *parts, const float *grads, const bfloat16 *narrow_grads, int64 N, int64 narrow, int blocks) {
	SHARED(double, cells, 256);
	double sum = 0;
	int64 stride = (int64)blocks * threads_x() * 4;
	for (int64 at = ((int64)block_x() * threads_x() + thread_x()) * 4; at < N; at += stride) {
		float g[4];
		Four(N, at).gradient(g, grads, narrow_grads, narrow);
#pragma unroll
		for (int j = 0; j < 4; j++) sum += (double)g[j] * g[j];
	}
	cells[thread_x()] = sum;
	sum_up(cells);
	if (thread_x() == 0) parts[block_x()] = cells[0];
}

// clip_factor writes what gradients are to be multiplied by so that their norm is
// at most the limit: a norm that is no number makes all of them none, as PyTorch does.
BLOCK_KERNEL(clip_factor, 256, float *factor, const double *parts, double limit, int count) {
	SHARED(double, cells, 256);
	int t = thread_x();
	cells[t] = t < count ? parts[t] : 0;
	sum_up(cells);
	if (t == 0) {
		double by = limit / (__builtin_sqrt(cells[0]) + 1e-6);
		*factor = by >= 1 ? 1 : (float)by;
	}
}

// scale_grads writes the gradients, all as float, times the factor.
KERNEL(scale_grads, 256, float *to, const float *grads, const bfloat16 *narrow_grads, int64 N, int64 narrow, const float *factor) {
	Four f(N);
	if (f.count <= 0) return;
	float g[4], by = *factor;
	f.gradient(g, grads, narrow_grads, narrow);
#pragma unroll
	for (int j = 0; j < 4; j++) g[j] *= by;
	f.store(to, g);
}

// approach moves x towards y by a share of what is between them.
KERNEL(approach, 256, float *x, const float *y, int64 N, float share, const unsigned *ok) {
	Four f(N);
	if (f.count <= 0 || (ok && !*ok)) return;
	float a[4], b[4];
	f.load(a, x);
	f.load(b, y);
#pragma unroll
	for (int j = 0; j < 4; j++) a[j] += share * (b[j] - a[j]);
	f.store(x, a);
}

// exchange exchanges x and y.
KERNEL(exchange, 256, float *x, float *y, int64 N) {
	Four f(N);
	if (f.count <= 0) return;
	float a[4], b[4];
	f.load(a, x);
	f.load(b, y);
	f.store(x, b);
	f.store(y, a);
}
