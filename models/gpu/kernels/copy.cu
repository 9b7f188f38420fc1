// Copies and sums of activations.
#include "types.h"

template <class To, class From, int V>
DEVICE void copy(To *to, const From *from, int C, int to_stride, int from_stride, int rows, int span, int add) {
	Place<V> p(rows, span);
	if (p.c >= C) return;
	for (int row = p.first; row < p.end; row += p.step) {
		Pack<From, V> v;
		Pack<To, V> w;
		v.load(at(from, row, from_stride, p.c));
		float f[V];
#pragma unroll
		for (int j = 0; j < V; j++) f[j] = v.get(j);
		if (add) {
			w.load(at(to, row, to_stride, p.c));
#pragma unroll
			for (int j = 0; j < V; j++) f[j] += w.get(j);
		}
		w.set(f);
		w.store(at(to, row, to_stride, p.c));
	}
}

// Wide copies between types move eight values at a time.
#define COPY(name, To, From, V) \
	KERNEL(name, 256, To *to, const From *from, int C, int to_stride, int from_stride, int rows, int span, int add) { \
		copy<To, From, V>(to, from, C, to_stride, from_stride, rows, span, add); \
	} \
	KERNEL(name##_1, 256, To *to, const From *from, int C, int to_stride, int from_stride, int rows, int span, int add) { \
		copy<To, From, 1>(to, from, C, to_stride, from_stride, rows, span, add); \
	}
COPY(copy_f32_f32, float, float, 4)
COPY(copy_bf16_bf16, bfloat16, bfloat16, 8)
COPY(copy_f32_bf16, float, bfloat16, 8)
COPY(copy_bf16_f32, bfloat16, float, 8)
