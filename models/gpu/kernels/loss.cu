// Losses, in double: there are few logits.
#include "functions.h"
#include "machine.h"

// one is the loss of a logit x against a target t in 0..1, and its derivative.
DEVICE double one(double x, double t, double gamma, double &slope) {
	double e = exponential(x < 0 ? x : -x);
	double bce = (x < 0 ? 0 : x) - x * t + log1p_small(e);
	double dbce = sigmoid(x) - t;
	if (gamma == 0) {
		slope = dbce;
		return bce;
	}
	double side = 2 * t - 1, z = -x * side;
	double log_sigmoid = (z < 0 ? z : 0) - log1p_small(exponential(z < 0 ? z : -z));
	double weight = exponential(gamma * log_sigmoid);
	slope = weight * (dbce - gamma * side * (1 - sigmoid(z)) * bce);
	return weight * bce;
}

// loss writes the sum of both heads' losses, weighted and divided by count, to
// value, and the gradients where they are wanted. One block. There may be one
// head; the other's logits are then null.
BLOCK_KERNEL(loss, 256, double *value, const float *targets, const float *logits, const float *others, float *grad, float *other_grad,
	double weight, double other_weight, double gamma, double count, int values) {
	SHARED(double, cells, 256);
	int t = thread_x();
	double sum = 0, slope;
	for (int i = t; i < values; i += threads_x()) {
		sum += weight * one(logits[i], targets[i], gamma, slope);
		if (grad) grad[i] = (float)(slope * (weight / count));
		if (others) {
			sum += other_weight * one(others[i], targets[i], gamma, slope);
			if (other_grad) other_grad[i] = (float)(slope * (other_weight / count));
		}
	}
	cells[t] = sum;
	for (int half = threads_x() / 2; half > 0; half /= 2) {
		barrier();
		if (t < half) cells[t] += cells[t + half];
	}
	if (t == 0) *value = cells[0] / count;
}

// check clears the flag if the value is no finite number.
KERNEL(check, 1, unsigned *ok, const double *value) {
	double v = *value;
	if (v - v != 0) *ok = 0;
}
