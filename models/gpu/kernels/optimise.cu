// Optimisers over all parameters in one buffer, four a thread.
#include "types.h"

// Gradients of the first narrow parameters are bfloat16.
#define PARAMETERS float *p, bfloat16 *shadow, const float *grads, const bfloat16 *narrow_grads, int64 N, int64 narrow, int64 shadowed

// Four are the parameters of a thread, of which the last may be fewer.
struct Four {
	int64 first;
	int count;
	DEVICE Four(int64 N) {
		first = ((int64)block_x() * threads_x() + thread_x()) * 4;
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
