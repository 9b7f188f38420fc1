// What the parts of the fake driver share. Cards are threads and memory of this
// machine; each part's page says in what it is stricter than a true driver.
#pragma once

#include <cuda.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace fake {

// settings.cpp: what the environment says, read when a card is first taken.
struct Settings {
    long memory;  // bytes of a card
    int delay;    // longest pause before work of a stream, in microseconds
    int failCard; // the card that FAIL is of
    std::string failKind;
    long failAt;
};
int devices();
int capability();
int version();
Settings settings();

// A mark that work has come past.
struct Mark {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    double at = 0; // milliseconds
    void set();
    void wait();
    bool isSet();
};
using MarkRef = std::shared_ptr<Mark>;

// Work gives CUDA_SUCCESS, or the fault that loses the card.
using Work = std::function<CUresult()>;

struct Device;

// graph.cpp: work written down, with what each piece comes after.
struct Node {
    Work work;
    std::vector<size_t> after;
};
struct Capture {
    std::vector<Node> nodes;
    CUstream origin = nullptr;
    std::set<CUstream> joined;
    std::thread::id thread;
    CUresult broken = CUDA_SUCCESS;
};
using CaptureRef = std::shared_ptr<Capture>;

// memory.cpp: an allocation, between canaries, on pages of its own.
struct Allocation {
    uintptr_t base;
    size_t bytes;
    void *pages;
    size_t length;
};

struct Device {
    int index;
    std::mutex mutex;
    int users = 0; // of the primary context
    Settings settings;
    std::atomic<int> lost{CUDA_SUCCESS};
    std::atomic<long> allocations{0}, launches{0}, copies{0}, works{0};
    std::map<uintptr_t, Allocation> live;
    size_t used = 0;
    std::set<CUstream> streams;
    std::set<CUevent> events;
    std::set<CUmodule> modules;
};
Device *device(int index);
Device *current(); // of this thread's context, or null

// fails counts a call and tells whether it is the one that is to fail.
bool fails(Device *d, const char *kind, std::atomic<long> &calls);

// lose makes the card answer everything with this fault, and says why.
CUresult lose(Device *d, CUresult fault, const std::string &why);

// memory.cpp
const Allocation *find(Device *d, uintptr_t p, size_t bytes); // the range lies in it
CUresult within(Device *d, const char *what, uintptr_t p, size_t bytes);
CUresult canaries(Device *d, const char *after);
bool pinned(const void *p, size_t bytes);
void freeAll(Device *d);

// stream.cpp
CUresult enqueue(Device *d, CUstream s, Work work);
CUresult drain(Device *d);
bool capturing(); // this thread captures

} // namespace fake

struct CUctx_st {
    fake::Device *device;
};

struct CUevent_st {
    fake::Device *device;
    bool timing;
    fake::MarkRef mark;          // of the last record, null before the first
    fake::CaptureRef capture;    // or it was recorded in a capture,
    std::vector<size_t> tips;    // after these
};

struct CUstream_st {
    fake::Device *device;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<fake::Work> queue;
    bool ending = false, working = false;
    unsigned random = 0;
    std::thread thread;
    fake::CaptureRef capture;
    std::vector<size_t> tips; // what the next piece of a capture comes after
    void run();
};

// ENTER begins a call that needs a card which is not lost.
#define ENTER(d)                                   \
    fake::Device *d = fake::current();             \
    if (d == nullptr) return CUDA_ERROR_INVALID_CONTEXT; \
    if (d->lost != CUDA_SUCCESS) return (CUresult)d->lost.load();
