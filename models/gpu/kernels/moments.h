// Moments of a norm, C of each: see Norm in norm.go.
#pragma once
#include "machine.h"

DEVICE const float *mean_of(const float *moments) { return moments; }
DEVICE const float *inverse_of(const float *moments, int C) { return moments + C; }
DEVICE const float *scale_of(const float *moments, int C) { return moments + 2 * C; }
DEVICE const float *offset_of(const float *moments, int C) { return moments + 3 * C; }

// positive is max(v, 0) that lets through what is no number.
DEVICE float positive(float v) { return v <= 0 ? 0 : v; }

// write_back makes of the sums over count rows of a gradient d, and of
// d*(y-mean), the gradients of gamma and beta, and slope and level, C each, with
// which
//
//	dy = scale*d + slope*y + level
//
// which is gamma*invstd * (d - mean(d) - xhat*mean(d*xhat)).
DEVICE void write_back(double sum, double dot, int c, int C, double count, const float *moments,
	float *dgamma, float *dbeta, float *slopes) {
	double inverse = inverse_of(moments, C)[c], scale = scale_of(moments, C)[c];
	dgamma[c] = (float)(dot * inverse);
	dbeta[c] = (float)sum;
	double slope = -scale * inverse * inverse * dot / count;
	slopes[c] = (float)slope;
	slopes[C + c] = (float)(-scale * sum / count - slope * mean_of(moments)[c]);
}
