// Linear layers of few rows, in float32: the head of a resnet, and the two of
// squeeze-and-excitation.
#include "functions.h"
#include "machine.h"

enum Activation { as_it_is, relu, sigmoidal };

// How many rows a warp computes at once, so that weights are read less often.
CONSTANT int linear_rows = 4;

// linear computes y = activation(x*w^T + bias), an output of four rows a warp.
// Blocks are warps of 32 by 8.
BLOCK_KERNEL(linear, 256, float *y, const float *x, const float *w, const float *bias, int N, int in, int out, int activation) {
	int o = block_x() * threads_y() + thread_y(), n = block_y() * linear_rows, lane = thread_x();
	float sum[linear_rows] = {};
	if (o < out) {
		for (int i = lane; i < in; i += 32) {
			float weight = w[(int64)o * in + i];
#pragma unroll
			for (int r = 0; r < linear_rows; r++) {
				if (n + r < N) sum[r] = __builtin_fmaf(x[(int64)(n + r) * in + i], weight, sum[r]);
			}
		}
	}
#pragma unroll
	for (int r = 0; r < linear_rows; r++) {
#pragma unroll
		for (int bits = 16; bits > 0; bits /= 2) sum[r] += shuffle_xor(sum[r], bits);
	}
	if (o >= out || lane >= linear_rows || n + lane >= N) return;
	float v = bias[o];
#pragma unroll
	for (int r = 0; r < linear_rows; r++) {
		if (r == lane) v += sum[r];
	}
	if (activation == relu) v = v <= 0 ? 0 : v;
	if (activation == sigmoidal) v = (float)sigmoid((double)v);
	y[(int64)(n + lane) * out + o] = v;
}

// linear_back_data computes dx = dy*w, and sets it to zero where kept, if there
// is one, is not above zero. Blocks are 32 inputs by 16 lanes of outputs.
BLOCK_KERNEL(linear_back_data, 512, float *dx, const float *dy, const float *w, const float *kept, int in, int out) {
	SHARED(float, cells, 32 * 16);
	int i = block_x() * 32 + thread_x(), n = block_y();
	float sum = 0;
	if (i < in) {
		for (int o = thread_y(); o < out; o += threads_y()) sum = __builtin_fmaf(dy[(int64)n * out + o], w[(int64)o * in + i], sum);
	}
	cells[thread_y() * 32 + thread_x()] = sum;
	barrier();
	if (thread_y() > 0 || i >= in) return;
	for (int y = 1; y < threads_y(); y++) sum += cells[y * 32 + thread_x()];
	int64 to = (int64)n * in + i;
	dx[to] = kept && kept[to] <= 0 ? 0 : sum;
}

// linear_back_weights computes dw = dy^T*x, and dbias as if one more input were 1.
KERNEL(linear_back_weights, 256, float *dw, float *dbias, const float *dy, const float *x, int N, int in, int out) {
	int64 all = (int64)block_x() * threads_x() + thread_x();
	if (all >= (int64)out * (in + 1)) return;
	int o = (int)(all / (in + 1)), i = (int)(all % (in + 1));
	float sum = 0;
	for (int n = 0; n < N; n++) {
		float d = dy[(int64)n * out + o];
		sum = i < in ? __builtin_fmaf(d, x[(int64)n * in + i], sum) : sum + d;
	}
	if (i < in) {
		dw[(int64)o * in + i] = sum;
	} else {
		dbias[o] = sum;
	}
}
