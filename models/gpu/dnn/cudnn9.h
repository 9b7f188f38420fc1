// cuDNN 9's convolution functions, as far as they are used: types, numbers, and
// F(name, arguments) for each function that gives a status. All are of version 9's
// binary interface, which stays as it is until a version 10.
#ifndef HPAFLOW_CUDNN9_H
#define HPAFLOW_CUDNN9_H

#include <stddef.h>

enum {
    CUDNN_STATUS_SUCCESS = 0,
    CUDNN_STATUS_BAD_PARAM = 2000,
    CUDNN_STATUS_NOT_SUPPORTED = 3000, // and up to 3999: why
    CUDNN_STATUS_INTERNAL_ERROR = 4000,
    CUDNN_STATUS_EXECUTION_FAILED = 5000,

    CUDNN_DATA_FLOAT = 0,
    CUDNN_DATA_BFLOAT16 = 9,

    CUDNN_DEFAULT_MATH = 0,
    CUDNN_TENSOR_OP_MATH = 1,
    CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION = 2,
    CUDNN_FMA_MATH = 3,

    CUDNN_TENSOR_NHWC = 1,
    CUDNN_CROSS_CORRELATION = 1,

    CUDNN_NON_DETERMINISTIC = 0,
    CUDNN_DETERMINISTIC = 1,

    CUDNN_ACTIVATION_RELU = 1,
    CUDNN_ACTIVATION_IDENTITY = 5,
    CUDNN_PROPAGATE_NAN = 1,

    CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM = 1,
};

typedef int cudnnStatus_t;

typedef struct cudnnContext *cudnnHandle_t;
typedef struct cudnnTensorStruct *cudnnTensorDescriptor_t;
typedef struct cudnnFilterStruct *cudnnFilterDescriptor_t;
typedef struct cudnnConvolutionStruct *cudnnConvolutionDescriptor_t;
typedef struct cudnnActivationStruct *cudnnActivationDescriptor_t;

// What a Find function measured. The three kinds have structs of their own names
// and the same members.
typedef struct {
    int algo;
    cudnnStatus_t status;
    float time; // milliseconds
    size_t memory;
    int determinism;
    int mathType;
    int reserved[3];
} cudnnAlgoPerf;

// Shorter names within the lists of arguments.
#define H cudnnHandle_t handle
#define T(name) cudnnTensorDescriptor_t name##Desc
#define W(name) cudnnFilterDescriptor_t name##Desc
#define C cudnnConvolutionDescriptor_t convDesc
#define FOUND int requested, int *returned, cudnnAlgoPerf *perf, void *workspace, size_t bytes
#define SPACE int algo, void *workspace, size_t bytes

#define CUDNN_FUNCTIONS(F) \
    F(cudnnCreate, (cudnnHandle_t * handle)) \
    F(cudnnDestroy, (H)) \
    F(cudnnSetStream, (H, void *stream)) \
    F(cudnnCreateTensorDescriptor, (cudnnTensorDescriptor_t * d)) \
    F(cudnnSetTensor4dDescriptorEx, (cudnnTensorDescriptor_t d, int type, int n, int c, int h, int w, int nStride, int cStride, int hStride, int wStride)) \
    F(cudnnDestroyTensorDescriptor, (cudnnTensorDescriptor_t d)) \
    F(cudnnCreateFilterDescriptor, (cudnnFilterDescriptor_t * d)) \
    F(cudnnSetFilter4dDescriptor, (cudnnFilterDescriptor_t d, int type, int format, int k, int c, int h, int w)) \
    F(cudnnDestroyFilterDescriptor, (cudnnFilterDescriptor_t d)) \
    F(cudnnCreateConvolutionDescriptor, (cudnnConvolutionDescriptor_t * d)) \
    F(cudnnSetConvolution2dDescriptor, (C, int padH, int padW, int strideH, int strideW, int dilationH, int dilationW, int mode, int compute)) \
    F(cudnnSetConvolutionGroupCount, (C, int groups)) \
    F(cudnnSetConvolutionMathType, (C, int math)) \
    F(cudnnDestroyConvolutionDescriptor, (C)) \
    F(cudnnCreateActivationDescriptor, (cudnnActivationDescriptor_t * d)) \
    F(cudnnSetActivationDescriptor, (cudnnActivationDescriptor_t d, int mode, int nan, double coefficient)) \
    F(cudnnDestroyActivationDescriptor, (cudnnActivationDescriptor_t d)) \
    F(cudnnFindConvolutionForwardAlgorithmEx, (H, T(x), const void *x, W(w), const void *w, C, T(y), void *y, FOUND)) \
    F(cudnnFindConvolutionBackwardDataAlgorithmEx, (H, W(w), const void *w, T(y), const void *y, C, T(x), void *x, FOUND)) \
    F(cudnnFindConvolutionBackwardFilterAlgorithmEx, (H, T(x), const void *x, T(y), const void *y, C, W(w), void *w, FOUND)) \
    F(cudnnGetConvolutionForwardWorkspaceSize, (H, T(x), W(w), C, T(y), int algo, size_t *bytes)) \
    F(cudnnGetConvolutionBackwardDataWorkspaceSize, (H, W(w), T(y), C, T(x), int algo, size_t *bytes)) \
    F(cudnnGetConvolutionBackwardFilterWorkspaceSize, (H, T(x), T(y), C, W(w), int algo, size_t *bytes)) \
    F(cudnnConvolutionForward, (H, const void *alpha, T(x), const void *x, W(w), const void *w, C, SPACE, const void *beta, T(y), void *y)) \
    F(cudnnConvolutionBackwardData, (H, const void *alpha, W(w), const void *w, T(y), const void *y, C, SPACE, const void *beta, T(x), void *x)) \
    F(cudnnConvolutionBackwardFilter, (H, const void *alpha, T(x), const void *x, T(y), const void *y, C, SPACE, const void *beta, W(w), void *w)) \
    F(cudnnConvolutionBiasActivationForward, (H, const void *alpha, T(x), const void *x, W(w), const void *w, C, SPACE, const void *beta, T(z), const void *z, T(bias), const void *bias, cudnnActivationDescriptor_t activation, T(y), void *y))

#endif
