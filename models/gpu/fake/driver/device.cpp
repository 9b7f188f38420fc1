// Cards and their primary contexts, the driver's version, and words for faults.
#include "fake.h"

#include <cstdio>
#include <cstring>

namespace fake {

static thread_local CUcontext context = nullptr;

struct Card {
    Device device;
    CUctx_st context;
    unsigned flags = 0;
};

static Card *card(int index) {
    static std::mutex mutex;
    static std::map<int, std::unique_ptr<Card>> cards;
    std::lock_guard<std::mutex> lock(mutex);
    auto &c = cards[index];
    if (!c) {
        c = std::make_unique<Card>();
        c->device.index = index;
        c->context.device = &c->device;
    }
    return c.get();
}

Device *device(int index) { return &card(index)->device; }

Device *current() {
    if (context == nullptr) return nullptr;
    Device *d = context->device;
    std::lock_guard<std::mutex> lock(d->mutex);
    return d->users > 0 ? d : nullptr;
}

static bool there(CUdevice i) { return i >= 0 && i < devices(); }

} // namespace fake

using namespace fake;

EXPORT CUresult cuInit(unsigned flags) {
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    return devices() > 0 ? CUDA_SUCCESS : CUDA_ERROR_NO_DEVICE;
}

EXPORT CUresult cuDriverGetVersion(int *v) {
    *v = version();
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetCount(int *n) {
    *n = devices();
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGet(CUdevice *d, int ordinal) {
    if (!there(ordinal)) return CUDA_ERROR_INVALID_DEVICE;
    *d = ordinal;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetName(char *name, int length, CUdevice d) {
    if (!there(d)) return CUDA_ERROR_INVALID_DEVICE;
    snprintf(name, length, "Emulated card %d", d);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetUuid(CUuuid *id, CUdevice d) {
    if (!there(d)) return CUDA_ERROR_INVALID_DEVICE;
    for (int i = 0; i < 16; i++) id->bytes[i] = (char)(i == 15 ? d : i);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice d) {
    if (!there(d)) return CUDA_ERROR_INVALID_DEVICE;
    *bytes = settings().memory;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetAttribute(int *v, CUdevice_attribute a, CUdevice d) {
    if (!there(d)) return CUDA_ERROR_INVALID_DEVICE;
    switch ((int)a) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *v = capability() / 10; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *v = capability() % 10; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *v = 8; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: *v = 48 << 10; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: *v = 227 << 10; break;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: *v = 1 << 20; break;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *v = 1024; break;
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE: *v = 32; break;
    default: return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice d, unsigned flags) {
    if (!there(d)) return CUDA_ERROR_INVALID_DEVICE;
    card(d)->flags = flags;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext *c, CUdevice i) {
    if (!there(i)) return CUDA_ERROR_INVALID_DEVICE;
    Device *d = device(i);
    std::lock_guard<std::mutex> lock(d->mutex);
    if (d->users++ == 0) {
        d->settings = settings();
        d->lost = CUDA_SUCCESS;
        d->allocations = d->launches = d->copies = d->works = 0;
    }
    *c = &card(i)->context;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice i) {
    if (!there(i)) return CUDA_ERROR_INVALID_DEVICE;
    Device *d = device(i);
    std::unique_lock<std::mutex> lock(d->mutex);
    if (d->users == 0) return CUDA_ERROR_INVALID_CONTEXT;
    if (d->users > 1) {
        d->users--;
        return CUDA_SUCCESS;
    }
    lock.unlock();
    drain(d);
    CUresult r = canaries(d, "the end of its context");
    freeAll(d);
    lock.lock();
    d->users--;
    // A lost card is given back without a fault: there is nothing left to fail.
    return d->lost != CUDA_SUCCESS && r == d->lost ? CUDA_SUCCESS : r;
}

EXPORT CUresult cuCtxSetCurrent(CUcontext c) {
    context = c;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetCurrent(CUcontext *c) {
    *c = context;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetDevice(CUdevice *i) {
    ENTER(d);
    *i = d->index;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxSynchronize(void) {
    ENTER(d);
    if (capturing()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    CUresult r = drain(d);
    return r != CUDA_SUCCESS ? r : canaries(d, "cuCtxSynchronize");
}

static const struct {
    CUresult code;
    const char *name, *text;
} words[] = {
#define W(name, text) {name, #name, text}
    W(CUDA_SUCCESS, "no error"),
    W(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    W(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    W(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"),
    W(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    W(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    W(CUDA_ERROR_ECC_UNCORRECTABLE, "uncorrectable ECC error encountered"),
    W(CUDA_ERROR_INVALID_PTX, "a PTX JIT compilation failed"),
    W(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    W(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    W(CUDA_ERROR_NOT_READY, "device not ready"),
    W(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    W(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"),
    W(CUDA_ERROR_NOT_SUPPORTED, "operation not supported"),
    W(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "operation not permitted when stream is capturing"),
    W(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "operation failed due to a previous error during capture"),
    W(CUDA_ERROR_ILLEGAL_STATE, "the operation cannot be performed in the present state"),
    W(CUDA_ERROR_STREAM_CAPTURE_MERGE, "operation would result in a merge of separate capture sequences"),
    W(CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "dependency created on uncaptured work in another stream"),
    W(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "capture was not initiated in this stream"),
    W(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "capturing stream has unjoined work"),
    W(CUDA_ERROR_CAPTURED_EVENT, "operation not permitted on an event last recorded in a capturing stream"),
    W(CUDA_ERROR_UNKNOWN, "unknown error"),
#undef W
};

EXPORT CUresult cuGetErrorName(CUresult code, const char **s) {
    for (auto &w : words) {
        if (w.code == code) return *s = w.name, CUDA_SUCCESS;
    }
    return CUDA_ERROR_INVALID_VALUE;
}

EXPORT CUresult cuGetErrorString(CUresult code, const char **s) {
    for (auto &w : words) {
        if (w.code == code) return *s = w.text, CUDA_SUCCESS;
    }
    return CUDA_ERROR_INVALID_VALUE;
}
