// Memory of cards. Stricter than a true driver's: an allocation begins full of
// NaNs, stands between canaries, which are looked at after each piece of work, and is
// on pages of its own that are gone once it is freed; a copy or a fill that is
// not wholly within one allocation of its card fails.
#include "fake.h"

#include <cstdio>
#include <cstring>
#include <sys/mman.h>

namespace fake {

// As float32 and as bfloat16 both are NaNs.
static const unsigned char poison = 0xFF;
static const unsigned char canary[2] = {0xC5, 0xFF};
static const size_t margin = 4096;

// What a canary at p is to be, up to two margins of it.
static const unsigned char *canaryAt(const void *p) {
    static const std::vector<unsigned char> pattern = [] {
        std::vector<unsigned char> v(2 * margin + 1);
        for (size_t i = 0; i < v.size(); i++) v[i] = canary[i & 1];
        return v;
    }();
    return pattern.data() + ((uintptr_t)p & 1);
}

static void paint(void *p, size_t n) { memcpy(p, canaryAt(p), n); }

static bool intact(const void *p, size_t n) { return memcmp(p, canaryAt(p), n) == 0; }

// A margin before, and behind up to the end of the mapping, at least 256 bytes.
static unsigned char *before(const Allocation &a) { return (unsigned char *)a.base - margin; }
static unsigned char *behind(const Allocation &a) { return (unsigned char *)a.base + a.bytes; }
static size_t rest(const Allocation &a) { return (unsigned char *)a.pages + a.length - behind(a); }

static std::string named(Device *d, const Allocation &a) {
    char s[96];
    snprintf(s, sizeof s, "the allocation of %zu bytes at 0x%zx", a.bytes, (size_t)a.base);
    return s;
}

const Allocation *find(Device *d, uintptr_t p, size_t bytes) {
    std::lock_guard<std::mutex> lock(d->mutex);
    auto it = d->live.upper_bound(p);
    if (it == d->live.begin()) return nullptr;
    const Allocation &a = (--it)->second;
    return p + bytes <= a.base + a.bytes && p + bytes >= p ? &a : nullptr;
}

CUresult within(Device *d, const char *what, uintptr_t p, size_t bytes) {
    if (find(d, p, bytes) != nullptr) return CUDA_SUCCESS;
    fprintf(stderr, "fake driver: card %d: %s: %zu bytes at 0x%zx are not within an allocation\n", d->index, what, bytes, (size_t)p);
    return CUDA_ERROR_INVALID_VALUE;
}

CUresult canaries(Device *d, const char *after) {
    std::unique_lock<std::mutex> lock(d->mutex);
    for (auto &entry : d->live) {
        const Allocation &a = entry.second;
        const char *side = !intact(before(a), margin) ? "before" : !intact(behind(a), rest(a)) ? "behind" : nullptr;
        if (side != nullptr) {
            std::string why = std::string("after ") + after + ": something was written " + side + " " + named(d, a);
            lock.unlock();
            return lose(d, CUDA_ERROR_ILLEGAL_ADDRESS, why);
        }
    }
    return (CUresult)d->lost.load();
}

void freeAll(Device *d) {
    std::lock_guard<std::mutex> lock(d->mutex);
    for (auto &entry : d->live) munmap(entry.second.pages, entry.second.length);
    d->live.clear();
    d->used = 0;
}

static std::mutex hostMutex;
static std::map<uintptr_t, size_t> host;

bool pinned(const void *p, size_t bytes) {
    std::lock_guard<std::mutex> lock(hostMutex);
    auto it = host.upper_bound((uintptr_t)p);
    if (it == host.begin()) return false;
    --it;
    return (uintptr_t)p + bytes <= it->first + it->second;
}

} // namespace fake

using namespace fake;

EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *p, size_t bytes) {
    ENTER(d);
    if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    if (capturing()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (fails(d, "alloc", d->allocations)) return CUDA_ERROR_OUT_OF_MEMORY;
    std::lock_guard<std::mutex> lock(d->mutex);
    if (d->used + bytes > (size_t)d->settings.memory) return CUDA_ERROR_OUT_OF_MEMORY;
    Allocation a;
    a.bytes = bytes;
    a.length = (margin + bytes + 256 + 4095) / 4096 * 4096;
    a.pages = mmap(nullptr, a.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (a.pages == MAP_FAILED) return CUDA_ERROR_OUT_OF_MEMORY;
    a.base = (uintptr_t)a.pages + margin;
    paint(before(a), margin);
    memset((void *)a.base, poison, bytes);
    paint(behind(a), rest(a));
    d->live[a.base] = a;
    d->used += bytes;
    *p = a.base;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr p) {
    ENTER(d);
    if (capturing()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    CUresult r = drain(d);
    if (r == CUDA_SUCCESS) r = canaries(d, "cuMemFree");
    if (r != CUDA_SUCCESS) return r;
    std::lock_guard<std::mutex> lock(d->mutex);
    auto it = d->live.find(p);
    if (it == d->live.end()) return CUDA_ERROR_INVALID_VALUE;
    munmap(it->second.pages, it->second.length);
    d->used -= it->second.bytes;
    d->live.erase(it);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuMemGetInfo_v2(size_t *left, size_t *total) {
    ENTER(d);
    std::lock_guard<std::mutex> lock(d->mutex);
    *total = d->settings.memory;
    *left = *total - d->used;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuMemHostAlloc(void **p, size_t bytes, unsigned flags) {
    ENTER(d);
    if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    if (capturing()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    *p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (*p == MAP_FAILED) return CUDA_ERROR_OUT_OF_MEMORY;
    memset(*p, poison, bytes);
    std::lock_guard<std::mutex> lock(hostMutex);
    host[(uintptr_t)*p] = bytes;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuMemFreeHost(void *p) {
    // Given back also when the card is lost: it is the machine's memory.
    if (Device *d = current(); d != nullptr) drain(d);
    std::lock_guard<std::mutex> lock(hostMutex);
    auto it = host.find((uintptr_t)p);
    if (it == host.end()) return CUDA_ERROR_INVALID_VALUE;
    munmap(p, it->second);
    host.erase(it);
    return CUDA_SUCCESS;
}
