//go:build gpu && linux

// The loader of cuDNN.

#include "api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hpaflow_dnn_api hpaflow_dnn;

static const struct {
    const char *name;
    size_t at;
} names[] = {
#define F(name, arguments) {#name, offsetof(struct hpaflow_dnn_api, name)},
    CUDNN_FUNCTIONS(F)
    F(cudnnGetVersion, )
    F(cudnnGetErrorString, )
    F(cudnnGetCudartVersion, )
    F(cudnnGetLastErrorString, )
#undef F
};

char *hpaflow_dnn_load(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        return strdup(dlerror());
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *f = dlsym(library, names[i].name);
        if (f == NULL) {
            char *said = malloc(128);
            snprintf(said, 128, "it has no %s, as cuDNN 9 does", names[i].name);
            dlclose(library);
            return said;
        }
        memcpy((char *)&hpaflow_dnn + names[i].at, &f, sizeof f);
    }
    return NULL;
}

char *hpaflow_dnn_preload(const char *path) {
    return dlopen(path, RTLD_LAZY | RTLD_GLOBAL) == NULL ? strdup(dlerror()) : NULL;
}

size_t hpaflow_dnn_version(void) { return hpaflow_dnn.cudnnGetVersion(); }

size_t hpaflow_dnn_cudart(void) { return hpaflow_dnn.cudnnGetCudartVersion(); }

const char *hpaflow_dnn_status(cudnnStatus_t s) { return hpaflow_dnn.cudnnGetErrorString(s); }

void hpaflow_dnn_last(char *message, size_t size) { hpaflow_dnn.cudnnGetLastErrorString(message, size); }

cudnnStatus_t hpaflow_dnn_create(cudnnHandle_t *h, void *stream) {
    cudnnStatus_t s = hpaflow_dnn.cudnnCreate(h);
    return s != CUDNN_STATUS_SUCCESS ? s : hpaflow_dnn.cudnnSetStream(*h, stream);
}

cudnnStatus_t hpaflow_dnn_destroy(cudnnHandle_t h) { return hpaflow_dnn.cudnnDestroy(h); }

cudnnStatus_t hpaflow_dnn_stream(cudnnHandle_t h, void *stream) { return hpaflow_dnn.cudnnSetStream(h, stream); }
