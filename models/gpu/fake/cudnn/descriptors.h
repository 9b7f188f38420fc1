// What the functions' handles and descriptors hold.
#pragma once

#include "cudnn9.h"
#include "problem.h"

#include <atomic>
#include <cstdlib>
#include <functional>

#define EXPORT extern "C" __attribute__((visibility("default")))

struct cudnnContext {
    void *stream;
};
struct cudnnTensorStruct {
    int type, n, c, h, w;
    long stride; // values from pixel to pixel
};
struct cudnnFilterStruct {
    int type, k, c, r, s;
};
struct cudnnConvolutionStruct {
    int padH, padW, strideH, strideW, groups, math;
};
struct cudnnActivationStruct {
    int mode;
};

namespace fake {

// An algorithm is an order of sums, and a need of workspace.
struct Algorithm {
    int id;
    bool deterministic, backwards;
    unsigned rotate;
    size_t workspace;
};

// inside looks whether a range is memory of the card.
bool inside(const char *what, const void *p, size_t bytes);

// lost tells whether the thread's card takes no more work.
bool lost();

// give gives work to the handle's stream; settle waits for it.
cudnnStatus_t give(cudnnHandle_t h, const char *what, std::function<void()> work);
cudnnStatus_t settle(cudnnHandle_t h);

} // namespace fake
