// Sums over rows, in two stages with a fixed order. Each block sums a span of
// rows by channel and writes a row of partial sums; a second kernel adds those
// up in double.
#pragma once
#include "types.h"

CONSTANT int block_threads = 256;

// write_partial adds up what the threads of a block hold, sums of K kinds for V
// channels each, and writes it to partial[span][K][C], where spans count image
// by image. All threads of the block take part. cells are K*V*block_threads.
template <int K, int V, class Cells>
DEVICE void write_partial(const float (&sums)[K][V], Cells &cells, float *partial, int C) {
	int wide = threads_x(), high = threads_y(), t = thread_y() * wide + thread_x();
#pragma unroll
	for (int k = 0; k < K * V; k++) cells[k * block_threads + t] = sums[k / V][k % V];
	barrier();
	float *to = partial + ((int64)block_z() * blocks_y() + block_y()) * K * C;
	for (int i = t; i < wide * K * V; i += wide * high) {
		int k = i / wide, x = i % wide, c = (block_x() * wide + x) * V + k % V;
		float sum[4] = {}; // four at a time: sooner done, and closer
		for (int y = 0; y < high; y += 4) {
#pragma unroll
			for (int u = 0; u < 4; u++) {
				if (y + u < high) sum[u] += cells[k * block_threads + (y + u) * wide + x];
			}
		}
		if (c < C) to[k / V * C + c] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
	}
}

// Second stages have blocks of finish_channels by a power of two of lanes, up to
// finish_lanes.
CONSTANT int finish_channels = 8, finish_lanes = 64;

// add_partial gives, in the first lane, the sums over all partial rows of two
// kinds for the thread's channel c. All threads of the block take part. cells are
// 2*finish_channels*finish_lanes.
template <class Cells>
DEVICE void add_partial(double (&sums)[2], Cells &cells, const float *partial, int spans, int C, int c) {
	double a = 0, b = 0;
	if (c < C) {
		for (int i = thread_y(); i < spans; i += threads_y()) {
			a += partial[(int64)(2 * i) * C + c];
			b += partial[(int64)(2 * i + 1) * C + c];
		}
	}
	int t = thread_y() * finish_channels + thread_x(), other = finish_channels * finish_lanes;
	cells[t] = a, cells[other + t] = b;
	for (int half = threads_y() / 2; half > 0; half /= 2) {
		barrier();
		if (thread_y() < half) {
			cells[t] += cells[t + half * finish_channels];
			cells[other + t] += cells[other + t + half * finish_channels];
		}
	}
	sums[0] = cells[t], sums[1] = cells[other + t]; // of the first lane its own
}
