// Captures and graphs. A launch runs the pieces one by one in an order drawn
// anew each time among those that the capture's waits allow, so that a wait
// that was forgotten is seen.
#include "fake.h"

#include <algorithm>
#include <random>

struct CUgraph_st {
    std::vector<fake::Node> nodes;
};

struct CUgraphExec_st {
    fake::Device *device;
    std::shared_ptr<const std::vector<fake::Node>> nodes;
    std::shared_ptr<std::mt19937> random;
};

namespace fake {

static thread_local int captures = 0;

bool capturing() { return captures > 0; }

// joinedBy marks what the tips come after, themselves too.
static std::vector<bool> joinedBy(const Capture &c, const std::vector<size_t> &tips) {
    std::vector<bool> seen(c.nodes.size());
    std::vector<size_t> left = tips;
    while (!left.empty()) {
        size_t n = left.back();
        left.pop_back();
        if (seen[n]) continue;
        seen[n] = true;
        left.insert(left.end(), c.nodes[n].after.begin(), c.nodes[n].after.end());
    }
    return seen;
}

static CUresult replay(Device *d, const std::vector<Node> &nodes, std::mt19937 &random) {
    std::vector<size_t> waits(nodes.size()), ready;
    std::vector<std::vector<size_t>> then(nodes.size());
    for (size_t i = 0; i < nodes.size(); i++) {
        std::set<size_t> after(nodes[i].after.begin(), nodes[i].after.end());
        waits[i] = after.size();
        for (size_t a : after) then[a].push_back(i);
        if (waits[i] == 0) ready.push_back(i);
    }
    while (!ready.empty()) {
        size_t k = random() % ready.size(), n = ready[k];
        ready.erase(ready.begin() + k);
        nodes[n].work();
        if (d->lost != CUDA_SUCCESS) break;
        for (size_t t : then[n]) {
            if (--waits[t] == 0) ready.push_back(t);
        }
    }
    return (CUresult)d->lost.load();
}

} // namespace fake

using namespace fake;

EXPORT CUresult cuStreamBeginCapture_v2(CUstream s, CUstreamCaptureMode mode) {
    ENTER(d);
    if (s == nullptr || s->device != d) return CUDA_ERROR_INVALID_HANDLE;
    if (mode != CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) return CUDA_ERROR_NOT_SUPPORTED;
    if (s->capture) return CUDA_ERROR_ILLEGAL_STATE;
    s->capture = std::make_shared<Capture>();
    s->capture->origin = s;
    s->capture->joined.insert(s);
    s->tips.clear();
    captures++;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamIsCapturing(CUstream s, CUstreamCaptureStatus *status) {
    ENTER(d);
    *status = !s->capture ? CU_STREAM_CAPTURE_STATUS_NONE
              : s->capture->broken ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                   : CU_STREAM_CAPTURE_STATUS_ACTIVE;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamEndCapture(CUstream s, CUgraph *g) {
    ENTER(d);
    *g = nullptr;
    if (s == nullptr || s->device != d) return CUDA_ERROR_INVALID_HANDLE;
    if (!s->capture) return CUDA_ERROR_ILLEGAL_STATE;
    if (s->capture->origin != s) return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
    CaptureRef c = s->capture;
    std::vector<bool> done = joinedBy(*c, s->tips);
    for (CUstream j : c->joined) {
        j->capture = nullptr;
        j->tips.clear();
    }
    c->origin = nullptr;
    captures--;
    if (c->broken != CUDA_SUCCESS) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    if (std::find(done.begin(), done.end(), false) != done.end()) return CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
    *g = new CUgraph_st{c->nodes};
    return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphGetNodes(CUgraph g, CUgraphNode *nodes, size_t *n) {
    if (nodes != nullptr) return CUDA_ERROR_NOT_SUPPORTED;
    *n = g->nodes.size();
    return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec *e, CUgraph g, unsigned long long flags) {
    ENTER(d);
    if (flags != 0) return CUDA_ERROR_NOT_SUPPORTED;
    *e = new CUgraphExec_st{d, std::make_shared<std::vector<Node>>(g->nodes), std::make_shared<std::mt19937>(1)};
    return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphDestroy(CUgraph g) {
    delete g;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphLaunch(CUgraphExec e, CUstream s) {
    ENTER(d);
    if (e->device != d) return CUDA_ERROR_INVALID_HANDLE;
    auto nodes = e->nodes;
    auto random = e->random;
    return enqueue(d, s, [=] { return replay(d, *nodes, *random); });
}

EXPORT CUresult cuGraphExecDestroy(CUgraphExec e) {
    delete e;
    return CUDA_SUCCESS;
}
