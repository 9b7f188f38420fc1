// Pixels, planes (N,C,H,W), made into activations.
#include "types.h"

// pixel_sums adds up the values of a span of a plane and their squares, exactly,
// into sums (planes,spans,2). Values are bytes, or 16 bits where wide is set.
BLOCK_KERNEL(pixel_sums, 256, const void *pixels, int wide, int plane, int span, uint64 *sums) {
	SHARED(uint64, cells, 2 * 256);
	int t = thread_x(), end = least(plane, (block_x() + 1) * span);
	int64 base = (int64)block_y() * plane;
	uint64 sum = 0, squares = 0;
	for (int i = block_x() * span + t; i < end; i += 256) {
		uint64 v = wide ? ((const uint16 *)pixels)[base + i] : ((const uint8 *)pixels)[base + i];
		sum += v;
		squares += v * v;
	}
	cells[t] = sum, cells[256 + t] = squares;
	for (int half = 128; half > 0; half /= 2) {
		barrier();
		if (t < half) {
			cells[t] += cells[t + half];
			cells[256 + t] += cells[256 + t + half];
		}
	}
	if (t == 0) {
		int spans = ceil_div(plane, span);
		int64 to = 2 * ((int64)block_y() * spans + block_x());
		sums[to] = cells[0], sums[to + 1] = cells[256];
	}
}

// pixel_moments makes of them the mean of each plane and the deviation to divide
// by, (planes,2).
KERNEL(pixel_moments, 256, const uint64 *sums, int wide, int planes, int plane, int spans, double *moments) {
	int i = block_x() * threads_x() + thread_x();
	if (i >= planes) return;
	uint64 sum = 0, squares = 0;
	for (int s = 0; s < spans; s++) {
		sum += sums[2 * ((int64)i * spans + s)];
		squares += sums[2 * ((int64)i * spans + s) + 1];
	}
	double n = plane, mean = (double)sum / n, variance = (double)squares / n - mean * mean;
	double deviation = __builtin_sqrt(variance < 0 ? 0 : variance);
	if (wide) mean /= 257, deviation /= 257;
	moments[2 * i] = mean;
	moments[2 * i + 1] = deviation + 1e-7;
}

// Three ways to read a pixel as a float: what a plane of bytes, of 16-bit
// numbers, or of floats has at a place.
DEVICE float pixel_value(const uint8 *p, int64 i, double mean, double deviation) {
	return ((float)p[i] - (float)mean) / (float)deviation;
}
DEVICE float pixel_value(const uint16 *p, int64 i, double mean, double deviation) {
	return (float)(((double)p[i] / 257 - mean) / deviation);
}
DEVICE float pixel_value(const float *p, int64 i, double, double) { return p[i]; }

// normalise fills rows of C channels, of which the first are those of planes
// planes and the others zero; moments are those of pixel_moments, or null. The
// pixel of (x,y), of H*W, is at start + x*dx + y*dy of its plane. Blocks are 32
// by 8 positions of an image.
template <class P, class T>
DEVICE void normalise(T *to, const P *pixels, const double *moments, int planes, int C, int stride, int H, int W,
	int start, int dx, int dy, int together) {
	int x = block_x() * 32 + thread_x(), y = block_y() * 8 + thread_y(), n = block_z();
	if (x >= W || y >= H) return;
	int64 plane = (int64)H * W, from = (int64)n * planes * plane + start + (int64)x * dx + (int64)y * dy;
	T *row = to + ((int64)n * plane + (int64)y * W + x) * stride;
	for (int c = 0; c < C; c += 4) {
		float f[4];
#pragma unroll
		for (int j = 0; j < 4; j++) {
			f[j] = 0;
			if (c + j < planes) {
				const double *m = moments ? moments + 2 * (n * planes + c + j) : nullptr;
				f[j] = pixel_value(pixels, from + (c + j) * plane, m ? m[0] : 127.5, m ? m[1] : 255.0);
			}
		}
		if (together) {
			Pack<T, 4> v;
			v.set(f);
			v.store(row + c);
			continue;
		}
#pragma unroll
		for (int j = 0; j < 4; j++) {
			if (c + j < C) narrow(row[c + j], f[j]);
		}
	}
}

#define NORMALISE(name, P, T) \
	KERNEL(name, 256, T *to, const P *pixels, const double *moments, int planes, int C, int stride, int H, int W, \
		int start, int dx, int dy, int together) { \
		normalise(to, pixels, moments, planes, C, stride, H, W, start, dx, dy, together); \
	}
NORMALISE(normalise_u8_f32, uint8, float)
NORMALISE(normalise_u8_bf16, uint8, bfloat16)
NORMALISE(normalise_u16_f32, uint16, float)
NORMALISE(normalise_u16_bf16, uint16, bfloat16)
NORMALISE(normalise_float_f32, float, float)
NORMALISE(normalise_float_bf16, float, bfloat16)
