// A convolution as the fake cuDNN computes it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fake {

enum Kind { forward, backwardData, backwardFilter };

struct Problem {
    int n, c, h, w, k, r, s, groups;
    int strideH, strideW, padH, padW;
    int outH, outW;
    long xStride, yStride; // values from pixel to pixel
    bool bf16, tf32;
};

// How sums are ordered: what makes one algorithm differ from another. Where
// rotate is drawn anew for each call, no two calls need give the same bits.
struct Order {
    unsigned rotate;
    bool backwards;
};

// convolve computes what kind says: alpha * that + beta * what was there. Pointers
// are to float32 or, with bf16, to bfloat16.
void convolve(Kind kind, const Problem &p, Order order, float alpha, float beta, void *x, void *w, void *y);

float load(const void *p, bool bf16, size_t i);
void store(void *p, bool bf16, size_t i, float v);

} // namespace fake
