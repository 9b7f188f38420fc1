//go:build gpu && linux

// The loader of NCCL.

#include "api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
#define F(name, arguments) ncclResult_t(*name) arguments;
    NCCL_FUNCTIONS(F)
#undef F
    const char *(*ncclGetErrorString)(ncclResult_t);
    const char *(*ncclGetLastError)(ncclComm_t);
} api;

char *hpaflow_nccl_load(const char *path) {
    static const struct {
        const char *name;
        void *slot;
    } names[] = {
#define F(name, arguments) {#name, &api.name},
        NCCL_FUNCTIONS(F)
        F(ncclGetErrorString, )
        F(ncclGetLastError, )
#undef F
    };
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        return strdup(dlerror());
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *f = dlsym(library, names[i].name);
        if (f == NULL) {
            char *said = malloc(128);
            snprintf(said, 128, "it has no %s, as NCCL 2.18 and newer do", names[i].name);
            dlclose(library);
            return said;
        }
        memcpy(names[i].slot, &f, sizeof f);
    }
    return NULL;
}

const char *hpaflow_nccl_string(ncclResult_t r) { return api.ncclGetErrorString(r); }

const char *hpaflow_nccl_last(ncclComm_t comm) { return api.ncclGetLastError(comm); }

ncclResult_t hpaflow_nccl_version(int *version) { return api.ncclGetVersion(version); }

ncclResult_t hpaflow_nccl_init(ncclComm_t *comms, int count, const int *cards) { return api.ncclCommInitAll(comms, count, cards); }

ncclResult_t hpaflow_nccl_destroy(ncclComm_t comm) { return api.ncclCommDestroy(comm); }

ncclResult_t hpaflow_nccl_abort(ncclComm_t comm) { return api.ncclCommAbort(comm); }

ncclResult_t hpaflow_nccl_fault(ncclComm_t comm, ncclResult_t *fault) { return api.ncclCommGetAsyncError(comm, fault); }

ncclResult_t hpaflow_nccl_reduce(size_t send, size_t recv, size_t count, ncclComm_t comm, size_t stream) {
    return api.ncclAllReduce((void *)send, (void *)recv, count, ncclFloat32, ncclSum, comm, (void *)stream);
}

ncclResult_t hpaflow_nccl_broadcast(size_t p, size_t bytes, int root, ncclComm_t comm, size_t stream) {
    return api.ncclBroadcast((void *)p, (void *)p, bytes, ncclInt8, root, comm, (void *)stream);
}

ncclResult_t hpaflow_nccl_group(int start) { return start ? api.ncclGroupStart() : api.ncclGroupEnd(); }
