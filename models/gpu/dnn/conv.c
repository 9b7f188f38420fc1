//go:build gpu && linux

// A convolution's descriptors, and its three kinds.

#include "api.h"

#include <string.h>

#define API hpaflow_dnn

// TRY returns from the function with the first status that is no success.
#define TRY(call)                                    \
    do {                                             \
        cudnnStatus_t status = (call);               \
        if (status != CUDNN_STATUS_SUCCESS) return status; \
    } while (0)

// An NHWC tensor whose pixels are stride values apart.
static cudnnStatus_t tensor(cudnnTensorDescriptor_t *d, int type, int n, int c, int h, int w, int stride) {
    TRY(API.cudnnCreateTensorDescriptor(d));
    return API.cudnnSetTensor4dDescriptorEx(*d, type, n, c, h, w, h * w * stride, 1, w * stride, stride);
}

static cudnnStatus_t activation(cudnnActivationDescriptor_t *d, int mode) {
    TRY(API.cudnnCreateActivationDescriptor(d));
    return API.cudnnSetActivationDescriptor(*d, mode, CUDNN_PROPAGATE_NAN, 0);
}

static cudnnStatus_t describe(hpaflow_conv *c, const hpaflow_shape *s) {
    TRY(tensor(&c->x, s->type, s->n, s->c, s->h, s->w, s->x_stride));
    TRY(tensor(&c->y, s->type, s->n, s->k, s->out_h, s->out_w, s->y_stride));
    TRY(tensor(&c->bias, s->type, 1, s->k, 1, 1, s->k));
    TRY(API.cudnnCreateFilterDescriptor(&c->w));
    TRY(API.cudnnSetFilter4dDescriptor(c->w, s->type, CUDNN_TENSOR_NHWC, s->k, s->c / s->groups, s->r, s->s));
    TRY(API.cudnnCreateConvolutionDescriptor(&c->conv));
    TRY(API.cudnnSetConvolution2dDescriptor(c->conv, s->pad_h, s->pad_w, s->stride_h, s->stride_w, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
    TRY(API.cudnnSetConvolutionGroupCount(c->conv, s->groups));
    TRY(API.cudnnSetConvolutionMathType(c->conv, s->math));
    TRY(activation(&c->none, CUDNN_ACTIVATION_IDENTITY));
    return activation(&c->relu, CUDNN_ACTIVATION_RELU);
}

cudnnStatus_t hpaflow_conv_create(hpaflow_conv *c, const hpaflow_shape *s) {
    memset(c, 0, sizeof *c);
    cudnnStatus_t status = describe(c, s);
    if (status != CUDNN_STATUS_SUCCESS) {
        hpaflow_conv_destroy(c);
    }
    return status;
}

cudnnStatus_t hpaflow_conv_destroy(hpaflow_conv *c) {
    cudnnStatus_t first = CUDNN_STATUS_SUCCESS, status = CUDNN_STATUS_SUCCESS;
#define DROP(kind, member)                                        \
    if (c->member != NULL) {                                      \
        status = API.cudnnDestroy##kind##Descriptor(c->member);   \
        if (first == CUDNN_STATUS_SUCCESS) first = status;        \
        c->member = NULL;                                         \
    }
    DROP(Tensor, x)
    DROP(Tensor, y)
    DROP(Tensor, bias)
    DROP(Filter, w)
    DROP(Convolution, conv)
    DROP(Activation, none)
    DROP(Activation, relu)
#undef DROP
    return first;
}

cudnnStatus_t hpaflow_conv_workspace(cudnnHandle_t h, const hpaflow_conv *c, int kind, int algo, size_t *bytes) {
    switch (kind) {
    case hpaflow_forward:
        return API.cudnnGetConvolutionForwardWorkspaceSize(h, c->x, c->w, c->conv, c->y, algo, bytes);
    case hpaflow_backward_data:
        return API.cudnnGetConvolutionBackwardDataWorkspaceSize(h, c->w, c->y, c->conv, c->x, algo, bytes);
    default:
        return API.cudnnGetConvolutionBackwardFilterWorkspaceSize(h, c->x, c->y, c->conv, c->w, algo, bytes);
    }
}

cudnnStatus_t hpaflow_conv_find(cudnnHandle_t h, const hpaflow_conv *c, int kind, hpaflow_memory m, int requested, int *returned, cudnnAlgoPerf *perf) {
    void *x = (void *)m.x, *w = (void *)m.w, *y = (void *)m.y, *space = (void *)m.workspace;
    switch (kind) {
    case hpaflow_forward:
        return API.cudnnFindConvolutionForwardAlgorithmEx(h, c->x, x, c->w, w, c->conv, c->y, y, requested, returned, perf, space, m.bytes);
    case hpaflow_backward_data:
        return API.cudnnFindConvolutionBackwardDataAlgorithmEx(h, c->w, w, c->y, y, c->conv, c->x, x, requested, returned, perf, space, m.bytes);
    default:
        return API.cudnnFindConvolutionBackwardFilterAlgorithmEx(h, c->x, x, c->y, y, c->conv, c->w, w, requested, returned, perf, space, m.bytes);
    }
}

cudnnStatus_t hpaflow_conv_run(cudnnHandle_t h, const hpaflow_conv *c, int kind, int algo, hpaflow_memory m, float alpha, float beta) {
    void *x = (void *)m.x, *w = (void *)m.w, *y = (void *)m.y, *space = (void *)m.workspace;
    switch (kind) {
    case hpaflow_forward:
        return API.cudnnConvolutionForward(h, &alpha, c->x, x, c->w, w, c->conv, algo, space, m.bytes, &beta, c->y, y);
    case hpaflow_backward_data:
        return API.cudnnConvolutionBackwardData(h, &alpha, c->w, w, c->y, y, c->conv, algo, space, m.bytes, &beta, c->x, x);
    default:
        return API.cudnnConvolutionBackwardFilter(h, &alpha, c->x, x, c->y, y, c->conv, algo, space, m.bytes, &beta, c->w, w);
    }
}

cudnnStatus_t hpaflow_conv_fused(cudnnHandle_t h, const hpaflow_conv *c, int algo, hpaflow_memory m, size_t bias, size_t z, int relu) {
    // Without z cuDNN still wants one, and does not read it.
    float one = 1, add = z != 0;
    void *x = (void *)m.x, *w = (void *)m.w, *y = (void *)m.y, *space = (void *)m.workspace, *residual = z != 0 ? (void *)z : y;
    return API.cudnnConvolutionBiasActivationForward(h, &one, c->x, x, c->w, w, c->conv, algo, space, m.bytes, &add, c->y, residual, c->bias, (void *)bias, relu ? c->relu : c->none, c->y, y);
}
