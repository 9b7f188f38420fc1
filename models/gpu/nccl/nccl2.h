// NCCL 2, as far as it is used: types, numbers, and F(name, arguments) for each
// function that gives a result.
#ifndef HPAFLOW_NCCL2_H
#define HPAFLOW_NCCL2_H

#include <stddef.h>

enum {
    ncclSuccess = 0,
    ncclUnhandledCudaError = 1,
    ncclInvalidArgument = 4,
    ncclInvalidUsage = 5,
    ncclInProgress = 7,

    ncclInt8 = 0,
    ncclFloat32 = 7,

    ncclSum = 0,
};

typedef int ncclResult_t;
typedef struct ncclComm *ncclComm_t;

#define NCCL_FUNCTIONS(F) \
    F(ncclGetVersion, (int *version)) \
    F(ncclCommInitAll, (ncclComm_t * comms, int count, const int *cards)) \
    F(ncclCommDestroy, (ncclComm_t comm)) \
    F(ncclCommAbort, (ncclComm_t comm)) \
    F(ncclCommGetAsyncError, (ncclComm_t comm, ncclResult_t *error)) \
    F(ncclAllReduce, (const void *send, void *recv, size_t count, int type, int op, ncclComm_t comm, void *stream)) \
    F(ncclBroadcast, (const void *send, void *recv, size_t count, int type, int root, ncclComm_t comm, void *stream)) \
    F(ncclGroupStart, (void)) \
    F(ncclGroupEnd, (void))

#endif
