// NCCL as Go calls it: see api.c.
#ifndef HPAFLOW_NCCL_API_H
#define HPAFLOW_NCCL_API_H

#include "nccl2.h"

// hpaflow_nccl_load loads the library at path. It gives NULL, or what is wrong,
// which the caller frees. All else is called after it.
char *hpaflow_nccl_load(const char *path);

const char *hpaflow_nccl_string(ncclResult_t r);
const char *hpaflow_nccl_last(ncclComm_t comm);
ncclResult_t hpaflow_nccl_version(int *version);
ncclResult_t hpaflow_nccl_init(ncclComm_t *comms, int count, const int *cards);
ncclResult_t hpaflow_nccl_destroy(ncclComm_t comm);
ncclResult_t hpaflow_nccl_abort(ncclComm_t comm);
ncclResult_t hpaflow_nccl_fault(ncclComm_t comm, ncclResult_t *fault);

// Addresses of the card's memory, and streams, come as numbers.
ncclResult_t hpaflow_nccl_reduce(size_t send, size_t recv, size_t count, ncclComm_t comm, size_t stream);
ncclResult_t hpaflow_nccl_broadcast(size_t p, size_t bytes, int root, ncclComm_t comm, size_t stream);
ncclResult_t hpaflow_nccl_group(int start);

#endif
