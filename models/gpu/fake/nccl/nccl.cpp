// NCCL between the emulated cards of one process. Each rank's call is work of
// its stream, which waits until all ranks are there with the same call; the last to
// come adds up in the order of ranks. Stricter than the true one: memory
// must be of the rank's card, and ranks that call differently are a fault at once.
#include "nccl2.h"

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// A call that all ranks make: what it is, and each one's memory.
struct Call {
    char kind; // 'r'educe or 'b'roadcast
    size_t bytes;
    int root;
    std::vector<const void *> send;
    std::vector<void *> recv;
    int arrived = 0;
    bool done = false;
};

struct Ring {
    int ranks;
    std::mutex mutex;
    std::condition_variable changed;
    std::map<long, std::shared_ptr<Call>> calls; // by their number
    bool aborted = false;
    ncclResult_t fault = ncclSuccess;
};

template <class F> F *driver(const char *name) {
    static void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    void *f = library == nullptr ? nullptr : dlsym(library, name);
    if (f == nullptr) abort();
    return (F *)f;
}

void compute(const Call &c) {
    if (c.kind == 'b') {
        for (void *to : c.recv) {
            if (to != c.send[c.root]) memcpy(to, c.send[c.root], c.bytes);
        }
        return;
    }
    std::vector<float> sum(c.bytes / 4);
    for (const void *from : c.send) {
        for (size_t i = 0; i < sum.size(); i++) sum[i] += ((const float *)from)[i];
    }
    for (void *to : c.recv) memcpy(to, sum.data(), c.bytes);
}

const int lost = 719; // CUDA_ERROR_LAUNCH_FAILED

} // namespace

struct ncclComm {
    std::shared_ptr<Ring> ring;
    int rank, card;
    long next = 0; // number of its next call, as its stream comes to them
};

// meet is one rank's part of a call, on its stream's thread.
static int meet(ncclComm *c, char kind, const void *send, void *recv, size_t bytes, int root) {
    Ring &r = *c->ring;
    std::unique_lock<std::mutex> lock(r.mutex);
    long number = c->next++;
    auto &slot = r.calls[number];
    if (!slot) slot.reset(new Call{kind, bytes, root, std::vector<const void *>(r.ranks), std::vector<void *>(r.ranks)});
    auto call = slot;
    if (call->kind != kind || call->bytes != bytes || call->root != root) {
        r.fault = ncclInvalidUsage;
        r.aborted = true;
    }
    call->send[c->rank] = send;
    call->recv[c->rank] = recv;
    if (++call->arrived == r.ranks && !r.aborted) {
        compute(*call);
        call->done = true;
        r.calls.erase(number);
    }
    r.changed.notify_all();
    r.changed.wait(lock, [&] { return call->done || r.aborted; });
    return call->done ? 0 : lost;
}

static int currentCard() {
    int card = -1;
    driver<int(int *)>("cuCtxGetDevice")(&card);
    return card;
}

// A group holds calls back until its end, as a thread that calls for several
// ranks must not wait within the first.
static thread_local int depth = 0;
static thread_local std::vector<std::function<ncclResult_t()>> held;

static ncclResult_t give(ncclComm *c, char kind, const void *send, void *recv, size_t bytes, int root, void *stream) {
    auto now = [=]() -> ncclResult_t {
        // NCCL makes the rank's card current by itself.
        void *before = nullptr, *context = nullptr;
        driver<int(void **)>("cuCtxGetCurrent")(&before);
        driver<int(void **, int)>("cuDevicePrimaryCtxRetain")(&context, c->card);
        driver<int(void *)>("cuCtxSetCurrent")(context);
        auto *within = driver<int(const char *, const void *, size_t)>("hpaflow_fake_within");
        int r = within("NCCL's memory", send, bytes);
        if (r == 0) r = within("NCCL's memory", recv, bytes);
        if (r == 0) {
            auto *work = new std::function<int()>([=] { return meet(c, kind, send, recv, bytes, root); });
            r = driver<int(void *, const char *, int (*)(void *), void *, void (*)(void *))>("hpaflow_fake_enqueue")(
                stream, "a call of NCCL", [](void *f) { return (*(std::function<int()> *)f)(); }, work,
                [](void *f) { delete (std::function<int()> *)f; });
        }
        driver<int(void *)>("cuCtxSetCurrent")(before);
        driver<int(int)>("cuDevicePrimaryCtxRelease_v2")(c->card);
        return r == 0 ? ncclSuccess : r == 1 ? ncclInvalidArgument : ncclUnhandledCudaError;
    };
    if (depth > 0) {
        held.push_back(now);
        return ncclSuccess;
    }
    return now();
}

EXPORT ncclResult_t ncclGetVersion(int *version) { return *version = 22703, ncclSuccess; }

EXPORT const char *ncclGetErrorString(ncclResult_t r) {
    switch (r) {
    case ncclSuccess: return "no error";
    case ncclUnhandledCudaError: return "unhandled cuda error";
    case ncclInvalidArgument: return "invalid argument";
    case ncclInvalidUsage: return "invalid usage";
    }
    return "unknown result code";
}

EXPORT const char *ncclGetLastError(ncclComm_t) { return ""; }

EXPORT ncclResult_t ncclCommInitAll(ncclComm_t *comms, int count, const int *cards) {
    int there = 0;
    driver<int(int *)>("cuDeviceGetCount")(&there);
    for (int i = 0; i < count; i++) {
        if (cards[i] < 0 || cards[i] >= there) return ncclInvalidArgument;
        for (int j = 0; j < i; j++) {
            if (cards[i] == cards[j]) return ncclInvalidUsage;
        }
    }
    auto ring = std::make_shared<Ring>();
    ring->ranks = count;
    for (int i = 0; i < count; i++) comms[i] = new ncclComm{ring, i, cards[i]};
    return ncclSuccess;
}

EXPORT ncclResult_t ncclCommDestroy(ncclComm_t c) { return delete c, ncclSuccess; }

EXPORT ncclResult_t ncclCommAbort(ncclComm_t c) {
    {
        std::lock_guard<std::mutex> lock(c->ring->mutex);
        c->ring->aborted = true;
        c->ring->changed.notify_all();
    }
    // Work of the rank that still waits must have ended before it goes.
    void *before = nullptr, *context = nullptr;
    driver<int(void **)>("cuCtxGetCurrent")(&before);
    driver<int(void **, int)>("cuDevicePrimaryCtxRetain")(&context, c->card);
    driver<int(void *)>("cuCtxSetCurrent")(context);
    driver<int(void)>("hpaflow_fake_drain")();
    driver<int(void *)>("cuCtxSetCurrent")(before);
    driver<int(int)>("cuDevicePrimaryCtxRelease_v2")(c->card);
    return delete c, ncclSuccess;
}

EXPORT ncclResult_t ncclCommGetAsyncError(ncclComm_t c, ncclResult_t *error) {
    std::lock_guard<std::mutex> lock(c->ring->mutex);
    return *error = c->ring->fault, ncclSuccess;
}

EXPORT ncclResult_t ncclAllReduce(const void *send, void *recv, size_t count, int type, int op, ncclComm_t comm, void *stream) {
    if (type != ncclFloat32 || op != ncclSum || comm == nullptr) return ncclInvalidArgument;
    if (depth == 0 && currentCard() != comm->card) return ncclInvalidUsage;
    return give(comm, 'r', send, recv, 4 * count, 0, stream);
}

EXPORT ncclResult_t ncclBroadcast(const void *send, void *recv, size_t count, int type, int root, ncclComm_t comm, void *stream) {
    if (type != ncclInt8 || comm == nullptr || root < 0 || root >= comm->ring->ranks) return ncclInvalidArgument;
    return give(comm, 'b', send, recv, count, root, stream);
}

EXPORT ncclResult_t ncclGroupStart(void) { return depth++, ncclSuccess; }

EXPORT ncclResult_t ncclGroupEnd(void) {
    if (depth == 0) return ncclInvalidUsage;
    if (--depth > 0) return ncclSuccess;
    ncclResult_t r = ncclSuccess;
    for (auto &call : held) {
        if (r == ncclSuccess) r = call();
    }
    held.clear();
    return r;
}
