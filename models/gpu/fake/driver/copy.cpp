// Copies and fills, and what the fake cuDNN and NCCL give to streams.
#include "fake.h"

#include <cstring>

namespace fake {

// worked wraps work that is counted, may be the one that fails, and is looked after.
static Work worked(Device *d, std::string what, Work work, bool copies) {
    return [=] {
        if (d->lost != CUDA_SUCCESS) return (CUresult)d->lost.load();
        if (fails(d, "lost", d->works)) return lose(d, CUDA_ERROR_UNKNOWN, what + ", as was asked for");
        if (copies && fails(d, "copy", d->copies)) return lose(d, CUDA_ERROR_ECC_UNCORRECTABLE, what + ", as was asked for");
        if (CUresult r = work(); r != CUDA_SUCCESS) return lose(d, r, what);
        return canaries(d, what.c_str());
    };
}

// A copy between the machine and the card. Of memory that is not pinned a true
// driver takes a copy before it returns, or returns when it is full.
static CUresult transfer(const char *what, CUstream s, void *host, CUdeviceptr device, size_t bytes, bool toDevice) {
    ENTER(d);
    if (CUresult r = within(d, what, device, bytes); r != CUDA_SUCCESS) return r;
    if (pinned(host, bytes)) {
        return enqueue(d, s, worked(d, what, [=] {
            toDevice ? memcpy((void *)device, host, bytes) : memcpy(host, (void *)device, bytes);
            return CUDA_SUCCESS;
        }, true));
    }
    if (s != nullptr && s->capture) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (toDevice) {
        auto staged = std::make_shared<std::vector<char>>((char *)host, (char *)host + bytes);
        return enqueue(d, s, worked(d, what, [=] { return memcpy((void *)device, staged->data(), bytes), CUDA_SUCCESS; }, true));
    }
    auto staged = std::make_shared<std::vector<char>>(bytes);
    auto m = std::make_shared<Mark>();
    Work copy = worked(d, what, [=] { return memcpy(staged->data(), (void *)device, bytes), CUDA_SUCCESS; }, true);
    CUresult r = enqueue(d, s, [=] {
        CUresult r = copy();
        m->set();
        return r;
    });
    if (r != CUDA_SUCCESS) return r;
    m->wait();
    if (d->lost != CUDA_SUCCESS) return (CUresult)d->lost.load();
    memcpy(host, staged->data(), bytes);
    return CUDA_SUCCESS;
}

} // namespace fake

using namespace fake;

EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr dst, const void *src, size_t bytes, CUstream s) {
    return transfer("cuMemcpyHtoDAsync", s, (void *)src, dst, bytes, true);
}

EXPORT CUresult cuMemcpyDtoHAsync_v2(void *dst, CUdeviceptr src, size_t bytes, CUstream s) {
    return transfer("cuMemcpyDtoHAsync", s, dst, src, bytes, false);
}

EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr dst, CUdeviceptr src, size_t bytes, CUstream s) {
    ENTER(d);
    const char *what = "cuMemcpyDtoDAsync";
    if (CUresult r = within(d, what, dst, bytes); r != CUDA_SUCCESS) return r;
    if (CUresult r = within(d, what, src, bytes); r != CUDA_SUCCESS) return r;
    if (dst < src + bytes && src < dst + bytes) return CUDA_ERROR_INVALID_VALUE;
    return enqueue(d, s, worked(d, what, [=] { return memcpy((void *)dst, (void *)src, bytes), CUDA_SUCCESS; }, true));
}

EXPORT CUresult cuMemsetD8Async(CUdeviceptr dst, unsigned char value, size_t n, CUstream s) {
    ENTER(d);
    if (CUresult r = within(d, "cuMemsetD8Async", dst, n); r != CUDA_SUCCESS) return r;
    return enqueue(d, s, worked(d, "cuMemsetD8Async", [=] { return memset((void *)dst, value, n), CUDA_SUCCESS; }, false));
}

EXPORT CUresult cuMemsetD32Async(CUdeviceptr dst, unsigned value, size_t n, CUstream s) {
    ENTER(d);
    if (CUresult r = within(d, "cuMemsetD32Async", dst, 4 * n); r != CUDA_SUCCESS) return r;
    return enqueue(d, s, worked(d, "cuMemsetD32Async", [=] {
        for (size_t i = 0; i < n; i++) ((unsigned *)dst)[i] = value;
        return CUDA_SUCCESS;
    }, false));
}

// For the fake libraries. Work is done by run(argument), as often as a graph
// says; drop frees the argument. within looks whether a range lies in an allocation
// of the card whose context is current.

EXPORT int hpaflow_fake_enqueue(CUstream s, const char *what, int (*run)(void *), void *argument, void (*drop)(void *)) {
    std::shared_ptr<void> held(argument, drop);
    ENTER(d);
    return enqueue(d, s, worked(d, what, [=] { return (CUresult)run(held.get()); }, false));
}

EXPORT int hpaflow_fake_within(const char *what, const void *p, size_t bytes) {
    ENTER(d);
    return within(d, what, (uintptr_t)p, bytes);
}

// drain waits for all work of the card, lost or not.
EXPORT int hpaflow_fake_drain(void) {
    Device *d = current();
    return d == nullptr ? CUDA_ERROR_INVALID_CONTEXT : drain(d);
}
