// Attention heads: the mean over positions of maps of logits, weighted by the
// softmax of maps of scores.
#include "functions.h"
#include "types.h"

CONSTANT int attention_lanes = 8;

// attention computes y, and keeps of each map the largest score, the sum of
// exponentials, and the weighted mean, (3,N,C). A block takes 32 channels of an
// image, 8 lanes of positions each.
template <class T>
DEVICE void attention(float *y, float *kept, const T *logits, const T *scores, const float *bias,
	int N, int C, int logits_stride, int scores_stride, int rows) {
	SHARED(float, cells, 2 * 32 * attention_lanes);
	int c = block_x() * 32 + thread_x(), n = block_y(), t = thread_y() * 32 + thread_x();
	const T *s = scores + (int64)n * rows * scores_stride + c, *l = logits + (int64)n * rows * logits_stride + c;
	float largest = 0;
	bool some = false;
	if (c < C) {
		for (int row = thread_y(); row < rows; row += attention_lanes) {
			float v = widen(s[(int64)row * scores_stride]);
			if (!some || v > largest || v != v) largest = v;
			some = true;
		}
	}
	if (!some) largest = float_of(0xff800000u); // minus infinity
	cells[t] = largest;
	barrier();
	for (int i = 0; i < attention_lanes; i++) {
		float v = cells[i * 32 + thread_x()];
		if (v > largest || v != v) largest = v;
	}
	barrier();
	float sum = 0, dot = 0;
	if (c < C) {
		for (int row = thread_y(); row < rows; row += attention_lanes) {
			float e = exponential(widen(s[(int64)row * scores_stride]) - largest);
			sum += e;
			dot = __builtin_fmaf(e, widen(l[(int64)row * logits_stride]), dot);
		}
	}
	cells[t] = sum, cells[32 * attention_lanes + t] = dot;
	barrier();
	if (thread_y() > 0 || c >= C) return;
	for (int i = 1; i < attention_lanes; i++) {
		sum += cells[i * 32 + thread_x()];
		dot += cells[(attention_lanes + i) * 32 + thread_x()];
	}
	int64 to = (int64)n * C + c, all = (int64)N * C;
	float mean = dot / sum;
	y[to] = mean + bias[c];
	if (kept) kept[to] = largest, kept[all + to] = sum, kept[2 * all + to] = mean;
}

BLOCK_KERNEL(attention_f32, 256, float *y, float *kept, const float *logits, const float *scores, const float *bias,
	int N, int C, int logits_stride, int scores_stride, int rows) {
	attention(y, kept, logits, scores, bias, N, C, logits_stride, scores_stride, rows);
}
BLOCK_KERNEL(attention_bf16, 256, float *y, float *kept, const bfloat16 *logits, const bfloat16 *scores, const float *bias,
	int N, int C, int logits_stride, int scores_stride, int rows) {
	attention(y, kept, logits, scores, bias, N, C, logits_stride, scores_stride, rows);
}

// attention_back computes the gradients of both maps from dy, a value a thread.
// They may lie where the maps do.
template <class T>
DEVICE void attention_back(T *dlogits, T *dscores, const T *logits, const T *scores, const float *dy, const float *kept,
	int N, int C, int dlogits_stride, int dscores_stride, int logits_stride, int scores_stride, int rows) {
	int64 i = (int64)block_x() * threads_x() + thread_x();
	if (i >= (int64)N * rows * C) return;
	int row = (int)(i / C), c = (int)(i % C);
	int64 map = (int64)(row / rows) * C + c, all = (int64)N * C;
	float l = widen(logits[(int64)row * logits_stride + c]), s = widen(scores[(int64)row * scores_stride + c]);
	float d = exponential(s - kept[map]) / kept[all + map] * dy[map];
	narrow(dlogits[(int64)row * dlogits_stride + c], d);
	narrow(dscores[(int64)row * dscores_stride + c], d * (l - kept[2 * all + map]));
}

KERNEL(attention_back_f32, 256, float *dlogits, float *dscores, const float *logits, const float *scores, const float *dy,
	const float *kept, int N, int C, int dlogits_stride, int dscores_stride, int logits_stride, int scores_stride, int rows) {
	attention_back(dlogits, dscores, logits, scores, dy, kept, N, C, dlogits_stride, dscores_stride, logits_stride, scores_stride, rows);
}
KERNEL(attention_back_bf16, 256, bfloat16 *dlogits, bfloat16 *dscores, const bfloat16 *logits, const bfloat16 *scores, const float *dy,
	const float *kept, int N, int C, int dlogits_stride, int dscores_stride, int logits_stride, int scores_stride, int rows) {
	attention_back(dlogits, dscores, logits, scores, dy, kept, N, C, dlogits_stride, dscores_stride, logits_stride, scores_stride, rows);
}

// attention_bias computes the bias's gradient, and clears that of the scores'.
KERNEL(attention_bias, 256, float *dbias, float *dcancelled, const float *dy, int N, int C) {
	int c = block_x() * threads_x() + thread_x();
	if (c >= C) return;
	float sum = 0;
	for (int n = 0; n < N; n++) sum += dy[(int64)n * C + c];
	dbias[c] = sum;
	if (dcancelled) dcancelled[c] = 0;
}
