// cuDNN as Go calls it: see api.c and conv.c.
#ifndef HPAFLOW_DNN_API_H
#define HPAFLOW_DNN_API_H

#include "cudnn9.h"

// The library's functions, null before hpaflow_dnn_load.
struct hpaflow_dnn_api {
#define F(name, arguments) cudnnStatus_t(*name) arguments;
    CUDNN_FUNCTIONS(F)
#undef F
    size_t (*cudnnGetVersion)(void);
    const char *(*cudnnGetErrorString)(cudnnStatus_t);
    size_t (*cudnnGetCudartVersion)(void);
    void (*cudnnGetLastErrorString)(char *, size_t);
};
extern struct hpaflow_dnn_api hpaflow_dnn;

// hpaflow_dnn_load loads the library at path. It gives NULL, or what is wrong,
// which the caller frees.
char *hpaflow_dnn_load(const char *path);

// hpaflow_dnn_preload loads a library for those loaded later, which know it by its name.
char *hpaflow_dnn_preload(const char *path);

size_t hpaflow_dnn_version(void);
size_t hpaflow_dnn_cudart(void);
const char *hpaflow_dnn_status(cudnnStatus_t s);
void hpaflow_dnn_last(char *message, size_t size);

cudnnStatus_t hpaflow_dnn_create(cudnnHandle_t *h, void *stream);
cudnnStatus_t hpaflow_dnn_destroy(cudnnHandle_t h);
cudnnStatus_t hpaflow_dnn_stream(cudnnHandle_t h, void *stream);

enum { hpaflow_forward, hpaflow_backward_data, hpaflow_backward_weights };

typedef struct {
    int n, c, h, w, k, r, s, out_h, out_w;
    int stride_h, stride_w, pad_h, pad_w, groups;
    int x_stride, y_stride;
    int type, math;
} hpaflow_shape;

// A convolution's descriptors.
typedef struct {
    cudnnTensorDescriptor_t x, y, bias;
    cudnnFilterDescriptor_t w;
    cudnnConvolutionDescriptor_t conv;
    cudnnActivationDescriptor_t none, relu;
} hpaflow_conv;

cudnnStatus_t hpaflow_conv_create(hpaflow_conv *c, const hpaflow_shape *s);
cudnnStatus_t hpaflow_conv_destroy(hpaflow_conv *c);

// Pointers are to memory of the card, and come as numbers.
typedef struct {
    size_t x, w, y, workspace, bytes;
} hpaflow_memory;

cudnnStatus_t hpaflow_conv_workspace(cudnnHandle_t h, const hpaflow_conv *c, int kind, int algo, size_t *bytes);
cudnnStatus_t hpaflow_conv_find(cudnnHandle_t h, const hpaflow_conv *c, int kind, hpaflow_memory m, int requested, int *returned, cudnnAlgoPerf *perf);
cudnnStatus_t hpaflow_conv_run(cudnnHandle_t h, const hpaflow_conv *c, int kind, int algo, hpaflow_memory m, float alpha, float beta);
cudnnStatus_t hpaflow_conv_fused(cudnnHandle_t h, const hpaflow_conv *c, int algo, hpaflow_memory m, size_t bias, size_t z, int relu);

#endif
