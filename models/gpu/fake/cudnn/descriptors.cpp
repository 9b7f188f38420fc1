// Handles and descriptors of the fake cuDNN, and its way to the fake driver.
#include "descriptors.h"

#include <dlfcn.h>

namespace fake {

// driver finds a function of the libcuda.so.1 that the process has loaded.
template <class F> static F *driver(const char *name) {
    static void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    void *f = library == nullptr ? nullptr : dlsym(library, name);
    if (f == nullptr) abort();
    return (F *)f;
}

bool inside(const char *what, const void *p, size_t bytes) {
    static auto *within = driver<int(const char *, const void *, size_t)>("hpaflow_fake_within");
    return within(what, p, bytes) == 0;
}

bool lost() {
    static auto *ask = driver<int(int *)>("cuCtxGetDevice");
    int card;
    return ask(&card) != 0;
}

cudnnStatus_t give(cudnnHandle_t h, const char *what, std::function<void()> work) {
    static auto *enqueue = driver<int(void *, const char *, int (*)(void *), void *, void (*)(void *))>("hpaflow_fake_enqueue");
    auto *held = new std::function<void()>(std::move(work));
    int r = enqueue(
        h->stream, what, [](void *f) { return (*(std::function<void()> *)f)(), 0; }, held,
        [](void *f) { delete (std::function<void()> *)f; });
    return r == 0 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_EXECUTION_FAILED;
}

cudnnStatus_t settle(cudnnHandle_t h) {
    static auto *synchronize = driver<int(void *)>("cuStreamSynchronize");
    return synchronize(h->stream) == 0 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_EXECUTION_FAILED;
}

} // namespace fake

EXPORT size_t cudnnGetVersion(void) {
    const char *v = getenv("HPAFLOW_FAKE_CUDNN_VERSION");
    return v != nullptr && *v != 0 ? atol(v) : 91002;
}

EXPORT const char *cudnnGetErrorString(cudnnStatus_t s) {
    switch (s) {
    case CUDNN_STATUS_SUCCESS: return "CUDNN_STATUS_SUCCESS";
    case CUDNN_STATUS_BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
    case CUDNN_STATUS_NOT_SUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
    case CUDNN_STATUS_INTERNAL_ERROR: return "CUDNN_STATUS_INTERNAL_ERROR";
    case CUDNN_STATUS_EXECUTION_FAILED: return "CUDNN_STATUS_EXECUTION_FAILED";
    }
    return "CUDNN_STATUS_UNKNOWN";
}

EXPORT void cudnnGetLastErrorString(char *message, size_t size) {
    if (size > 0) *message = 0;
}

EXPORT cudnnStatus_t cudnnCreate(cudnnHandle_t *h) {
    int card;
    if (fake::driver<int(int *)>("cuCtxGetDevice")(&card) != 0) return CUDNN_STATUS_INTERNAL_ERROR;
    *h = new cudnnContext{nullptr};
    return CUDNN_STATUS_SUCCESS;
}

EXPORT cudnnStatus_t cudnnDestroy(cudnnHandle_t h) { return delete h, CUDNN_STATUS_SUCCESS; }

EXPORT cudnnStatus_t cudnnSetStream(cudnnHandle_t h, void *stream) { return h->stream = stream, CUDNN_STATUS_SUCCESS; }

EXPORT cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *d) { return *d = new cudnnTensorStruct{}, CUDNN_STATUS_SUCCESS; }
EXPORT cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t d) { return delete d, CUDNN_STATUS_SUCCESS; }

EXPORT cudnnStatus_t cudnnSetTensor4dDescriptorEx(cudnnTensorDescriptor_t d, int type, int n, int c, int h, int w, int nStride, int cStride, int hStride, int wStride) {
    if (n < 1 || c < 1 || h < 1 || w < 1) return CUDNN_STATUS_BAD_PARAM;
    if (type != CUDNN_DATA_FLOAT && type != CUDNN_DATA_BFLOAT16) return CUDNN_STATUS_NOT_SUPPORTED;
    if (cStride != 1 || wStride < c || hStride != w * wStride || nStride != h * hStride) return CUDNN_STATUS_NOT_SUPPORTED;
    *d = {type, n, c, h, w, wStride};
    return CUDNN_STATUS_SUCCESS;
}

EXPORT cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *d) { return *d = new cudnnFilterStruct{}, CUDNN_STATUS_SUCCESS; }
EXPORT cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t d) { return delete d, CUDNN_STATUS_SUCCESS; }

EXPORT cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t d, int type, int format, int k, int c, int h, int w) {
    if (k < 1 || c < 1 || h < 1 || w < 1) return CUDNN_STATUS_BAD_PARAM;
    if (format != CUDNN_TENSOR_NHWC) return CUDNN_STATUS_NOT_SUPPORTED;
    *d = {type, k, c, h, w};
    return CUDNN_STATUS_SUCCESS;
}

EXPORT cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *d) {
    return *d = new cudnnConvolutionStruct{0, 0, 1, 1, 1, CUDNN_DEFAULT_MATH}, CUDNN_STATUS_SUCCESS;
}
EXPORT cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t d) { return delete d, CUDNN_STATUS_SUCCESS; }

EXPORT cudnnStatus_t cudnnSetConvolution2dDescriptor(C, int padH, int padW, int strideH, int strideW, int dilationH, int dilationW, int mode, int compute) {
    if (padH < 0 || padW < 0 || strideH < 1 || strideW < 1) return CUDNN_STATUS_BAD_PARAM;
    if (dilationH != 1 || dilationW != 1 || mode != CUDNN_CROSS_CORRELATION || compute != CUDNN_DATA_FLOAT) return CUDNN_STATUS_NOT_SUPPORTED;
    convDesc->padH = padH, convDesc->padW = padW, convDesc->strideH = strideH, convDesc->strideW = strideW;
    return CUDNN_STATUS_SUCCESS;
}

EXPORT cudnnStatus_t cudnnSetConvolutionGroupCount(C, int groups) {
    if (groups < 1) return CUDNN_STATUS_BAD_PARAM;
    return convDesc->groups = groups, CUDNN_STATUS_SUCCESS;
}

EXPORT cudnnStatus_t cudnnSetConvolutionMathType(C, int math) {
    if (math < CUDNN_DEFAULT_MATH || math > CUDNN_FMA_MATH) return CUDNN_STATUS_BAD_PARAM;
    return convDesc->math = math, CUDNN_STATUS_SUCCESS;
}

EXPORT cudnnStatus_t cudnnCreateActivationDescriptor(cudnnActivationDescriptor_t *d) { return *d = new cudnnActivationStruct{}, CUDNN_STATUS_SUCCESS; }
EXPORT cudnnStatus_t cudnnDestroyActivationDescriptor(cudnnActivationDescriptor_t d) { return delete d, CUDNN_STATUS_SUCCESS; }

EXPORT cudnnStatus_t cudnnSetActivationDescriptor(cudnnActivationDescriptor_t d, int mode, int nan, double coefficient) {
    if (mode != CUDNN_ACTIVATION_RELU && mode != CUDNN_ACTIVATION_IDENTITY) return CUDNN_STATUS_NOT_SUPPORTED;
    return d->mode = mode, CUDNN_STATUS_SUCCESS;
}

// The version of CUDA it was built for: none, so that it needs no libcublasLt.
EXPORT size_t cudnnGetCudartVersion(void) {
    const char *v = getenv("HPAFLOW_FAKE_CUDART");
    return v != nullptr && *v != 0 ? atol(v) : 0;
}
