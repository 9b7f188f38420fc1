// Streams and events. A stream is a thread with a queue, so that what runs
// beside each other on a card does so here, and work that does not wait for
// what it needs is seen by its results; HPAFLOW_FAKE_DELAY shuffles them more.
// Stricter than a true driver: there is no default stream.
#include "fake.h"

#include <chrono>
#include <unistd.h>

namespace fake {

void Mark::set() {
    std::lock_guard<std::mutex> lock(mutex);
    done = true;
    at = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
    changed.notify_all();
}

void Mark::wait() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [this] { return done; });
}

bool Mark::isSet() {
    std::lock_guard<std::mutex> lock(mutex);
    return done;
}

static bool isStream(Device *d, CUstream s) {
    std::lock_guard<std::mutex> lock(d->mutex);
    return d->streams.count(s) != 0;
}

static bool isEvent(Device *d, CUevent e) {
    std::lock_guard<std::mutex> lock(d->mutex);
    return d->events.count(e) != 0;
}

// push queues work whether or not the card is lost: what others wait for must come.
static void push(CUstream s, Work work) {
    std::lock_guard<std::mutex> lock(s->mutex);
    s->queue.push_back(std::move(work));
    s->changed.notify_all();
}

CUresult enqueue(Device *d, CUstream s, Work work) {
    if (!isStream(d, s)) return CUDA_ERROR_INVALID_HANDLE;
    if (s->capture) {
        Capture &c = *s->capture;
        if (c.broken != CUDA_SUCCESS) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
        c.nodes.push_back({std::move(work), s->tips});
        s->tips = {c.nodes.size() - 1};
        return CUDA_SUCCESS;
    }
    push(s, std::move(work));
    return CUDA_SUCCESS;
}

CUresult drain(Device *d) {
    std::vector<MarkRef> marks;
    {
        std::lock_guard<std::mutex> lock(d->mutex);
        for (CUstream s : d->streams) {
            auto m = std::make_shared<Mark>();
            marks.push_back(m);
            push(s, [m] { return m->set(), CUDA_SUCCESS; });
        }
    }
    for (auto &m : marks) m->wait();
    return (CUresult)d->lost.load();
}

} // namespace fake

using namespace fake;

void CUstream_st::run() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
        changed.wait(lock, [this] { return ending || !queue.empty(); });
        if (queue.empty()) return;
        Work work = std::move(queue.front());
        queue.pop_front();
        working = true;
        lock.unlock();
        if (int delay = device->settings.delay; delay > 0) usleep(rand_r(&random) % (delay + 1));
        work();
        lock.lock();
        working = false;
    }
}

EXPORT CUresult cuStreamCreate(CUstream *s, unsigned flags) {
    ENTER(d);
    if (flags != CU_STREAM_NON_BLOCKING) return CUDA_ERROR_NOT_SUPPORTED;
    CUstream n = new CUstream_st;
    n->device = d;
    n->thread = std::thread([n] { n->run(); });
    std::lock_guard<std::mutex> lock(d->mutex);
    n->random = d->streams.size();
    d->streams.insert(n);
    *s = n;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamDestroy_v2(CUstream s) {
    Device *d = current();
    if (d == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    if (!isStream(d, s)) return CUDA_ERROR_INVALID_HANDLE;
    {
        std::lock_guard<std::mutex> lock(d->mutex);
        d->streams.erase(s);
    }
    {
        std::lock_guard<std::mutex> lock(s->mutex);
        s->ending = true;
        s->changed.notify_all();
    }
    s->thread.join();
    delete s;
    return (CUresult)d->lost.load();
}

EXPORT CUresult cuStreamSynchronize(CUstream s) {
    ENTER(d);
    if (!isStream(d, s)) return CUDA_ERROR_INVALID_HANDLE;
    if (s->capture) {
        s->capture->broken = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    auto m = std::make_shared<Mark>();
    push(s, [m] { return m->set(), CUDA_SUCCESS; });
    m->wait();
    return canaries(d, "cuStreamSynchronize");
}

EXPORT CUresult cuStreamQuery(CUstream s) {
    ENTER(d);
    if (!isStream(d, s)) return CUDA_ERROR_INVALID_HANDLE;
    if (s->capture) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    std::lock_guard<std::mutex> lock(s->mutex);
    return s->queue.empty() && !s->working ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

EXPORT CUresult cuStreamWaitEvent(CUstream s, CUevent e, unsigned flags) {
    ENTER(d);
    if (!isStream(d, s) || !isEvent(e->device, e)) return CUDA_ERROR_INVALID_HANDLE;
    if (e->capture) {
        CaptureRef c = e->capture;
        if (c->origin == nullptr) return CUDA_ERROR_CAPTURED_EVENT; // it has ended
        if (s->capture && s->capture != c) return CUDA_ERROR_STREAM_CAPTURE_MERGE;
        s->capture = c;
        c->joined.insert(s);
        s->tips.insert(s->tips.end(), e->tips.begin(), e->tips.end());
        return CUDA_SUCCESS;
    }
    MarkRef m = e->mark;
    if (!m) return CUDA_SUCCESS;
    if (s->capture) {
        s->capture->broken = CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
        return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
    }
    push(s, [m] { return m->wait(), CUDA_SUCCESS; });
    return CUDA_SUCCESS;
}

EXPORT CUresult cuEventCreate(CUevent *e, unsigned flags) {
    ENTER(d);
    *e = new CUevent_st{d, (flags & CU_EVENT_DISABLE_TIMING) == 0, nullptr, nullptr, {}};
    std::lock_guard<std::mutex> lock(d->mutex);
    d->events.insert(*e);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuEventDestroy_v2(CUevent e) {
    Device *d = current();
    if (d == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    if (!isEvent(d, e)) return CUDA_ERROR_INVALID_HANDLE;
    std::lock_guard<std::mutex> lock(d->mutex);
    d->events.erase(e);
    delete e;
    return (CUresult)d->lost.load();
}

EXPORT CUresult cuEventRecord(CUevent e, CUstream s) {
    ENTER(d);
    if (!isStream(d, s) || !isEvent(d, e)) return CUDA_ERROR_INVALID_HANDLE;
    if (s->capture) {
        e->mark = nullptr;
        e->capture = s->capture;
        e->tips = s->tips;
        return CUDA_SUCCESS;
    }
    auto m = std::make_shared<Mark>();
    e->capture = nullptr;
    e->mark = m;
    push(s, [m] { return m->set(), CUDA_SUCCESS; });
    return CUDA_SUCCESS;
}

EXPORT CUresult cuEventQuery(CUevent e) {
    ENTER(d);
    if (!isEvent(d, e)) return CUDA_ERROR_INVALID_HANDLE;
    if (e->capture) return CUDA_ERROR_CAPTURED_EVENT;
    return !e->mark || e->mark->isSet() ? (CUresult)d->lost.load() : CUDA_ERROR_NOT_READY;
}

EXPORT CUresult cuEventSynchronize(CUevent e) {
    ENTER(d);
    if (!isEvent(d, e)) return CUDA_ERROR_INVALID_HANDLE;
    if (e->capture) return CUDA_ERROR_CAPTURED_EVENT;
    if (e->mark) e->mark->wait();
    return canaries(d, "cuEventSynchronize");
}

EXPORT CUresult cuEventElapsedTime(float *ms, CUevent from, CUevent to) {
    ENTER(d);
    if (!isEvent(d, from) || !isEvent(d, to) || !from->timing || !to->timing) return CUDA_ERROR_INVALID_HANDLE;
    if (!from->mark || !to->mark) return CUDA_ERROR_INVALID_HANDLE;
    if (!from->mark->isSet() || !to->mark->isSet()) return CUDA_ERROR_NOT_READY;
    *ms = (float)(to->mark->at - from->mark->at);
    return CUDA_SUCCESS;
}
