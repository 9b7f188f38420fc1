// exp and its kin. A card's own ex2 and lg2 are approximations, and there is no
// library to link; these are polynomials that compile to the same bits anywhere.
#pragma once
#include "machine.h"

// exponential is e^x to about one unit in the last place, 0 below -87.
DEVICE float exponential(float x) {
	if (x < -87.0f) return 0;
	float n = __builtin_rintf(x * 1.44269504f);
	float r = __builtin_fmaf(n, -0.693145752f, x);
	r = __builtin_fmaf(n, -1.42860677e-6f, r);
	float y = 1.0f / 5040;
	y = __builtin_fmaf(y, r, 1.0f / 720);
	y = __builtin_fmaf(y, r, 1.0f / 120);
	y = __builtin_fmaf(y, r, 1.0f / 24);
	y = __builtin_fmaf(y, r, 1.0f / 6);
	y = __builtin_fmaf(y, r, 0.5f);
	y = __builtin_fmaf(y, r, 1.0f);
	y = __builtin_fmaf(y, r, 1.0f);
	return y * float_of((unsigned)((int)n + 127) << 23);
}

// exponential for x up to 0, 0 below -708.
DEVICE double exponential(double x) {
	if (x < -708) return 0;
	double n = __builtin_rint(x * 1.4426950408889634);
	double r = __builtin_fma(n, -6.93147180369123816490e-01, x);
	r = __builtin_fma(n, -1.90821492927058770002e-10, r);
	double y = 1;
#pragma unroll
	for (int i = 14; i > 0; i--) y = __builtin_fma(y * r, 1.0 / i, 1.0);
	return y * __builtin_bit_cast(double, (uint64)((int64)n + 1023) << 52);
}

// log1p_small is log(1+x) for x in 0..1, as 2*atanh(x/(2+x)).
DEVICE double log1p_small(double x) {
	double s = x / (2 + x), q = s * s, y = 0;
#pragma unroll
	for (int i = 37; i > 0; i -= 2) y = __builtin_fma(y, q, 1.0 / i);
	return 2 * s * y;
}

DEVICE double sigmoid(double x) {
	double e = exponential(x < 0 ? x : -x);
	return x < 0 ? e / (1 + e) : 1 / (1 + e);
}
