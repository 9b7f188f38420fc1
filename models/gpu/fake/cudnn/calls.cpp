// The functions of cuDNN 9 that are used. Stricter than the true ones: only
// NHWC, KRSC, cross-correlation; every tensor and workspace must lie within an
// allocation of the card; a workspace is written all over; a Find leaves NaNs
// where it computed. HPAFLOW_FAKE_PACKED=1 refuses tensors that are slices of
// wider ones, as a true version might.
#include "descriptors.h"

#include <cstring>
#include <new>

using namespace fake;

// algorithms of each kind, and how they are told apart. What Find says is the
// fastest changes from call to call, as it may between two runs on a card.
static const Algorithm algorithms[3][3] = {
    {{0, true, false, 0, 0}, {1, true, true, 1, 4096}, {2, true, true, 3, 1 << 16}},
    {{0, false, false, 0, 0}, {1, true, false, 1, 512}, {4, true, true, 2, 1 << 16}},
    {{0, false, false, 0, 0}, {1, true, true, 0, 8192}, {3, false, true, 0, 2048}},
};

static std::atomic<unsigned> calls{0};

static const Algorithm *algorithm(Kind kind, int id) {
    for (auto &a : algorithms[kind]) {
        if (a.id == id) return &a;
    }
    return nullptr;
}

// problem fits the descriptors together, or says what is wrong with them.
static cudnnStatus_t problem(Problem *p, cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t w, cudnnConvolutionDescriptor_t c, cudnnTensorDescriptor_t y) {
    *p = Problem{x->n, x->c, x->h, x->w, w->k, w->r, w->s, c->groups, c->strideH, c->strideW, c->padH, c->padW, y->h, y->w, x->stride, y->stride, x->type == CUDNN_DATA_BFLOAT16, false};
    bool whole = x->type == w->type && x->type == y->type && x->n == y->n && y->c == w->k && x->c == w->c * c->groups && w->k % c->groups == 0 &&
                 y->h == (x->h + 2 * c->padH - w->r) / c->strideH + 1 && y->w == (x->w + 2 * c->padW - w->s) / c->strideW + 1;
    if (!whole) return CUDNN_STATUS_BAD_PARAM;
    if (p->bf16 && c->math == CUDNN_FMA_MATH) return CUDNN_STATUS_NOT_SUPPORTED;
    p->tf32 = !p->bf16 && c->math != CUDNN_FMA_MATH;
    const char *packed = getenv("HPAFLOW_FAKE_PACKED");
    if (packed != nullptr && *packed == '1' && (x->stride != x->c || y->stride != y->c)) return CUDNN_STATUS_NOT_SUPPORTED;
    return CUDNN_STATUS_SUCCESS;
}

// Where a kind's tensors end, in bytes.
static size_t bytesOf(const Problem &p, char tensor) {
    size_t size = p.bf16 ? 2 : 4;
    switch (tensor) {
    case 'x': return (((size_t)p.n * p.h * p.w - 1) * p.xStride + p.c) * size;
    case 'y': return (((size_t)p.n * p.outH * p.outW - 1) * p.yStride + p.k) * size;
    default: return (size_t)p.k * p.r * p.s * (p.c / p.groups) * size;
    }
}

static bool there(const Problem &p, const void *x, const void *w, const void *y) {
    return inside("cuDNN's x", x, bytesOf(p, 'x')) && inside("cuDNN's w", w, bytesOf(p, 'w')) && inside("cuDNN's y", y, bytesOf(p, 'y'));
}

// spoil fills what a kind computes with NaNs, and nothing beside it.
static void spoil(Kind kind, const Problem &p, void *x, void *w, void *y) {
    size_t size = p.bf16 ? 2 : 4, rows = 1, width = bytesOf(p, 'w'), step = 0;
    char *to = (char *)w;
    if (kind == forward) to = (char *)y, rows = (size_t)p.n * p.outH * p.outW, width = p.k * size, step = p.yStride * size;
    if (kind == backwardData) to = (char *)x, rows = (size_t)p.n * p.h * p.w, width = p.c * size, step = p.xStride * size;
    for (size_t i = 0; i < rows; i++) memset(to + i * step, 0xFF, width);
}

static cudnnStatus_t find(Kind kind, cudnnHandle_t h, const Problem &p, cudnnStatus_t fits, void *x, void *w, void *y, int requested, int *returned, cudnnAlgoPerf *perf, void *workspace, size_t bytes) {
    if (fits == CUDNN_STATUS_BAD_PARAM) return fits;
    if (lost()) return CUDNN_STATUS_EXECUTION_FAILED;
    if (!there(p, x, w, y) || (bytes > 0 && !inside("Find's workspace", workspace, bytes))) return CUDNN_STATUS_BAD_PARAM;
    unsigned call = calls++;
    *returned = 0;
    for (int i = 0; i < 3 && i < requested; i++) {
        const Algorithm &a = algorithms[kind][(i + call) % 3];
        cudnnStatus_t status = fits != CUDNN_STATUS_SUCCESS ? fits : a.workspace > bytes ? CUDNN_STATUS_INTERNAL_ERROR : CUDNN_STATUS_SUCCESS;
        float time = status == CUDNN_STATUS_SUCCESS ? 0.25f * (i + 1) : -1;
        perf[(*returned)++] = {a.id, status, time, a.workspace, a.deterministic, p.bf16 ? CUDNN_TENSOR_OP_MATH : p.tf32 ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH, {}};
    }
    cudnnStatus_t r = give(h, "cuDNN's Find", [=] { spoil(kind, p, x, w, y); });
    return r != CUDNN_STATUS_SUCCESS ? r : settle(h);
}

static cudnnStatus_t space(Kind kind, cudnnStatus_t fits, int algo, size_t *bytes) {
    const Algorithm *a = algorithm(kind, algo);
    if (fits != CUDNN_STATUS_SUCCESS || a == nullptr) return fits != CUDNN_STATUS_SUCCESS ? fits : CUDNN_STATUS_NOT_SUPPORTED;
    *bytes = a->workspace;
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t run(Kind kind, cudnnHandle_t h, const Problem &p, cudnnStatus_t fits, int algo, void *workspace, size_t bytes, const void *alpha, const void *beta, void *x, void *w, void *y, std::function<void()> then = {}) {
    const Algorithm *a = algorithm(kind, algo);
    if (fits != CUDNN_STATUS_SUCCESS || a == nullptr) return fits != CUDNN_STATUS_SUCCESS ? fits : CUDNN_STATUS_NOT_SUPPORTED;
    if (lost()) return CUDNN_STATUS_EXECUTION_FAILED;
    if (!there(p, x, w, y) || bytes < a->workspace) return CUDNN_STATUS_BAD_PARAM;
    if (bytes > 0 && !inside("a convolution's workspace", workspace, bytes)) return CUDNN_STATUS_BAD_PARAM;
    float by = *(const float *)alpha, keep = *(const float *)beta;
    return give(h, "a convolution", [=] {
        if (a->workspace > 0) memset(workspace, 0xFF, a->workspace);
        Order order = {a->deterministic ? a->rotate : 1 + calls++ * 7, a->backwards};
        convolve(kind, p, order, by, keep, x, w, y);
        if (then) then();
    });
}

#define ARE(...) \
    Problem p; \
    cudnnStatus_t fits = problem(&p, __VA_ARGS__);

EXPORT cudnnStatus_t cudnnFindConvolutionForwardAlgorithmEx(H, T(x), const void *x, W(w), const void *w, C, T(y), void *y, FOUND) {
    ARE(xDesc, wDesc, convDesc, yDesc);
    return find(forward, handle, p, fits, (void *)x, (void *)w, y, requested, returned, perf, workspace, bytes);
}

EXPORT cudnnStatus_t cudnnFindConvolutionBackwardDataAlgorithmEx(H, W(w), const void *w, T(y), const void *y, C, T(x), void *x, FOUND) {
    ARE(xDesc, wDesc, convDesc, yDesc);
    return find(backwardData, handle, p, fits, x, (void *)w, (void *)y, requested, returned, perf, workspace, bytes);
}

EXPORT cudnnStatus_t cudnnFindConvolutionBackwardFilterAlgorithmEx(H, T(x), const void *x, T(y), const void *y, C, W(w), void *w, FOUND) {
    ARE(xDesc, wDesc, convDesc, yDesc);
    return find(backwardFilter, handle, p, fits, (void *)x, w, (void *)y, requested, returned, perf, workspace, bytes);
}

EXPORT cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(H, T(x), W(w), C, T(y), int algo, size_t *bytes) {
    ARE(xDesc, wDesc, convDesc, yDesc);
    return space(forward, fits, algo, bytes);
}

EXPORT cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(H, W(w), T(y), C, T(x), int algo, size_t *bytes) {
    ARE(xDesc, wDesc, convDesc, yDesc);
    return space(backwardData, fits, algo, bytes);
}

EXPORT cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(H, T(x), T(y), C, W(w), int algo, size_t *bytes) {
    ARE(xDesc, wDesc, convDesc, yDesc);
    return space(backwardFilter, fits, algo, bytes);
}

EXPORT cudnnStatus_t cudnnConvolutionForward(H, const void *alpha, T(x), const void *x, W(w), const void *w, C, SPACE, const void *beta, T(y), void *y) {
    ARE(xDesc, wDesc, convDesc, yDesc);
    return run(forward, handle, p, fits, algo, workspace, bytes, alpha, beta, (void *)x, (void *)w, y);
}

EXPORT cudnnStatus_t cudnnConvolutionBackwardData(H, const void *alpha, W(w), const void *w, T(y), const void *y, C, SPACE, const void *beta, T(x), void *x) {
    ARE(xDesc, wDesc, convDesc, yDesc);
    return run(backwardData, handle, p, fits, algo, workspace, bytes, alpha, beta, x, (void *)w, (void *)y);
}

EXPORT cudnnStatus_t cudnnConvolutionBackwardFilter(H, const void *alpha, T(x), const void *x, T(y), const void *y, C, SPACE, const void *beta, W(w), void *w) {
    ARE(xDesc, wDesc, convDesc, yDesc);
    return run(backwardFilter, handle, p, fits, algo, workspace, bytes, alpha, beta, (void *)x, w, (void *)y);
}

EXPORT cudnnStatus_t cudnnConvolutionBiasActivationForward(H, const void *alpha, T(x), const void *x, W(w), const void *w, C, SPACE, const void *beta, T(z), const void *z, T(bias), const void *bias, cudnnActivationDescriptor_t activation, T(y), void *y) {
    ARE(xDesc, wDesc, convDesc, yDesc);
    bool relu = activation->mode == CUDNN_ACTIVATION_RELU;
    if (!relu && algo != CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM) return CUDNN_STATUS_NOT_SUPPORTED;
    if (biasDesc->c != p.k || biasDesc->type != yDesc->type || zDesc->c != p.k || zDesc->stride != p.yStride) return CUDNN_STATUS_BAD_PARAM;
    float add = *(const float *)beta, none = 0;
    if (!inside("cuDNN's bias", bias, p.k * (p.bf16 ? 2 : 4)) || (add != 0 && !inside("cuDNN's z", z, bytesOf(p, 'y')))) return CUDNN_STATUS_BAD_PARAM;
    return run(forward, handle, p, fits, algo, workspace, bytes, alpha, &none, (void *)x, (void *)w, y, [=] {
        for (size_t i = 0; i < (size_t)p.n * p.outH * p.outW; i++) {
            for (int k = 0; k < p.k; k++) {
                size_t at = i * p.yStride + k;
                float v = load(y, p.bf16, at) + load(bias, p.bf16, k);
                if (add != 0) v += add * load(z, p.bf16, at);
                store(y, p.bf16, at, relu && v < 0 ? 0 : v);
            }
        }
    });
}
