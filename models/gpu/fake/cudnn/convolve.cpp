// Convolutions, plainly: each output value is a sum over taps and channels in
// float32. Tensors are copied to packed float32 first, which rounds factors to
// what the precision keeps of them; then all three kinds come down to one inner
// loop over 4 places and 16 values each, that fits the registers.
#include "problem.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace fake {

typedef float v8 __attribute__((vector_size(32)));
typedef float v8u __attribute__((vector_size(32), aligned(4)));

#if defined(__x86_64__) && !defined(__clang__)
#define FAST __attribute__((target_clones("arch=x86-64-v3", "default"), noinline))
#else
#define FAST __attribute__((noinline))
#endif

static float fromBits(uint32_t u) {
    float f;
    memcpy(&f, &u, 4);
    return f;
}

static uint32_t toBits(float f) {
    uint32_t u;
    memcpy(&u, &f, 4);
    return u;
}

// rounded keeps the upper bits of a float32, to nearest, ties to even.
static uint32_t rounded(float v, int dropped) {
    uint32_t u = toBits(v);
    if ((u & 0x7f800000) == 0x7f800000) return u | ((u & 0x7fffff) != 0 ? 0x400000 : 0);
    u += (1u << (dropped - 1)) - 1 + ((u >> dropped) & 1);
    return u & ~((1u << dropped) - 1);
}

float load(const void *p, bool bf16, size_t i) {
    return bf16 ? fromBits((uint32_t)((const uint16_t *)p)[i] << 16) : ((const float *)p)[i];
}

void store(void *p, bool bf16, size_t i, float v) {
    if (bf16) {
        ((uint16_t *)p)[i] = (uint16_t)(rounded(v, 16) >> 16);
    } else {
        ((float *)p)[i] = v;
    }
}

// slack is what the inner loop may read past a row's end and not use.
static const size_t slack = 32;
using Floats = std::vector<float>;

static Floats pack(const Problem &p, const void *from, size_t rows, size_t width, size_t stride) {
    Floats to(rows * width + slack);
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < width; j++) {
            float v = load(from, p.bf16, i * stride + j);
            to[i * width + j] = p.tf32 ? fromBits(rounded(v, 13)) : v;
        }
    }
    return to;
}

static void unpack(const Problem &p, const Floats &from, void *to, size_t rows, size_t width, size_t stride, float alpha, float beta) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < width; j++) {
            float v = alpha * from[i * width + j];
            if (beta != 0) v += beta * load(to, p.bf16, i * stride + j);
            store(to, p.bf16, i * stride + j, v);
        }
    }
}

// multiply adds up depth terms of 4 sums of 16 values: each place's factor at d
// times the 16 weights at d.
FAST static void multiply(const float *const a[4], const float *w, int from, int to, float *sums) {
    v8 s[4][2];
    memcpy(s, sums, sizeof s);
    for (int d = from; d < to; d++) {
        v8 w0 = *(const v8u *)(w + 16 * d), w1 = *(const v8u *)(w + 16 * d + 8);
        for (int i = 0; i < 4; i++) {
            float f = a[i][d];
            s[i][0] += f * w0;
            s[i][1] += f * w1;
        }
    }
    memcpy(sums, s, sizeof s);
}

// outer adds the products of 4 values of one row and 16 of another.
FAST static void outer(const float *a, const float *b, long aStep, long bStep, int count, float *sums) {
    v8 s[4][2];
    memcpy(s, sums, sizeof s);
    for (int p = 0; p < count; p++, a += aStep, b += bStep) {
        v8 b0 = *(const v8u *)b, b1 = *(const v8u *)(b + 8);
        for (int i = 0; i < 4; i++) {
            s[i][0] += a[i] * b0;
            s[i][1] += a[i] * b1;
        }
    }
    memcpy(sums, s, sizeof s);
}

// A map of places to places, tap by tap: forward takes an output's place to an
// input's, backward the other way. It gives -1 where there is none.
static int source(bool back, int place, int tap, int stride, int pad, int size) {
    int at = back ? place + pad - tap : place * stride - pad + tap;
    if (back) {
        if (at < 0 || at % stride != 0) return -1;
        at /= stride;
    }
    return at >= 0 && at < size ? at : -1;
}

// gather computes out from in, whose rows are placed by taps. w is (tap, groups,
// blocks of 16 outputs, depth, 16).
static void gather(const Problem &p, bool back, Order order, const Floats &in, const Floats &w, Floats &out) {
    int inC = back ? p.k : p.c, outC = back ? p.c : p.k;
    int inH = back ? p.outH : p.h, inW = back ? p.outW : p.w, toH = back ? p.h : p.outH, toW = back ? p.w : p.outW;
    int depth = inC / p.groups, width = outC / p.groups, blocks = (width + 15) / 16, taps = p.r * p.s;
    int step = back ? p.strideW : 1; // places of one phase have the same taps
    int split = order.rotate % depth;
    Floats zeros(depth + slack);
    for (int g = 0; g < p.groups; g++) {
        for (int b = 0; b < blocks; b++) {
            const float *wb = &w[((size_t)g * blocks + b) * taps * depth * 16];
            for (int row = 0; row < p.n * toH; row++) {
                int n = row / toH, h = row % toH;
                for (int begin = 0; begin < toW; begin++) {
                    if (begin / step % 4 != 0) continue;
                    float sums[64] = {};
                    for (int t = 0; t < taps; t++) {
                        int tap = (order.backwards ? taps - 1 - t : t), r = tap / p.s, s = tap % p.s;
                        int ih = source(back, h, r, p.strideH, p.padH, inH);
                        if (ih < 0) continue;
                        const float *a[4];
                        bool any = false;
                        for (int i = 0; i < 4; i++) {
                            int place = begin + i * step;
                            int iw = place < toW ? source(back, place, s, p.strideW, p.padW, inW) : -1;
                            a[i] = iw < 0 ? zeros.data() : &in[((size_t)(n * inH + ih) * inW + iw) * inC + g * depth];
                            any |= iw >= 0;
                        }
                        if (!any) continue;
                        const float *wt = wb + (size_t)tap * depth * 16;
                        multiply(a, wt, split, depth, sums);
                        multiply(a, wt, 0, split, sums);
                    }
                    for (int i = 0; i < 4 && begin + i * step < toW; i++) {
                        float *o = &out[((size_t)row * toW + begin + i * step) * outC + g * width + 16 * b];
                        std::copy_n(sums + 16 * i, std::min(16, width - 16 * b), o);
                    }
                }
            }
        }
    }
}

// arrange puts (K, taps, C/groups) weights in gather's order.
static Floats arrange(const Problem &p, bool back, const Floats &w) {
    int kg = p.k / p.groups, cg = p.c / p.groups, taps = p.r * p.s;
    int depth = back ? kg : cg, width = back ? cg : kg, blocks = (width + 15) / 16;
    Floats to((size_t)p.groups * blocks * taps * depth * 16 + slack);
    for (int k = 0; k < p.k; k++) {
        for (int t = 0; t < taps; t++) {
            for (int c = 0; c < cg; c++) {
                int d = back ? k % kg : c, o = back ? c : k % kg;
                to[((((size_t)(k / kg) * blocks + o / 16) * taps + t) * depth + d) * 16 + o % 16] = w[((size_t)k * taps + t) * cg + c];
            }
        }
    }
    return to;
}

// part adds to w what the rows from one to another give, as many as a cache holds.
static void part(const Problem &p, Order order, int from, int to, const Floats &x, const Floats &y, Floats &w) {
    int kg = p.k / p.groups, cg = p.c / p.groups, taps = p.r * p.s, rows = p.n * p.outH;
    for (int k = 0, count; k < p.k; k += count) {
        int g = k / kg;
        count = std::min(4, kg - k % kg);
        for (int c = 0; c < cg; c += 16) {
            for (int t = 0; t < taps; t++) {
                int r = t / p.s, s = t % p.s, width = std::min(16, cg - c);
                // Outputs whose input is not in the border: from begin to end.
                int begin = 0, end = p.outW;
                while (begin < end && begin * p.strideW - p.padW + s < 0) begin++;
                while (begin < end && (end - 1) * p.strideW - p.padW + s >= p.w) end--;
                float sums[64] = {};
                for (int i = 0; i < count; i++) std::copy_n(&w[((size_t)(k + i) * taps + t) * cg + c], width, sums + 16 * i);
                for (int q = from; q < to; q++) {
                    int row = (q + order.rotate) % rows;
                    if (order.backwards) row = rows - 1 - row;
                    int ih = source(false, row % p.outH, r, p.strideH, p.padH, p.h);
                    if (ih < 0 || begin == end) continue;
                    const float *a = &y[((size_t)row * p.outW + begin) * p.k + k];
                    const float *b = &x[((size_t)(row / p.outH * p.h + ih) * p.w + begin * p.strideW - p.padW + s) * p.c + g * cg + c];
                    outer(a, b, p.k, (long)p.strideW * p.c, end - begin, sums);
                }
                for (int i = 0; i < count; i++) std::copy_n(sums + 16 * i, width, &w[((size_t)(k + i) * taps + t) * cg + c]);
            }
        }
    }
}

static void weights(const Problem &p, Order order, const Floats &x, const Floats &y, Floats &w) {
    int rows = p.n * p.outH, step = std::max(1, (1 << 15) / (p.outW * (p.c * p.strideW * p.strideH + p.k)));
    for (int from = 0; from < rows; from += step) part(p, order, from, std::min(rows, from + step), x, y, w);
}

void convolve(Kind kind, const Problem &p, Order order, float alpha, float beta, void *x, void *w, void *y) {
    size_t in = (size_t)p.n * p.h * p.w, out = (size_t)p.n * p.outH * p.outW, filter = (size_t)p.r * p.s * p.c / p.groups;
    Floats px, pw, py;
    if (kind != backwardData) px = pack(p, x, in, p.c, p.xStride);
    if (kind != backwardFilter) pw = pack(p, w, p.k, filter, filter);
    if (kind != forward) py = pack(p, y, out, p.k, p.yStride);
    switch (kind) {
    case forward:
        py.resize(out * p.k);
        gather(p, false, order, px, arrange(p, false, pw), py);
        return unpack(p, py, y, out, p.k, p.yStride, alpha, beta);
    case backwardData:
        px.resize(in * p.c);
        gather(p, true, order, py, arrange(p, true, pw), px);
        return unpack(p, px, x, in, p.c, p.xStride, alpha, beta);
    case backwardFilter:
        pw.resize(p.k * filter);
        weights(p, order, px, py, pw);
        return unpack(p, pw, w, p.k, filter, filter, alpha, beta);
    }
}

} // namespace fake
