// The cards there are, as the environment describes them. HPAFLOW_FAKE_DEVICES,
// _CAPABILITY (9.0) and _VERSION (12080) are read at each question; the others
// when a card's context is made, so that a test may set them before it opens
// one: _MEMORY (bytes), _DELAY (microseconds), and _FAIL, which is KIND:N or
// KIND:N@CARD: the N-th call of KIND fails (alloc, launch, copy, or lost: any work).
#include "fake.h"

#include <cstdio>
#include <cstdlib>

namespace fake {

static const char *variable(const char *name, const char *otherwise) {
    const char *v = getenv(name);
    return v != nullptr && *v != 0 ? v : otherwise;
}

int devices() { return atoi(variable("HPAFLOW_FAKE_DEVICES", "1")); }

int version() { return atoi(variable("HPAFLOW_FAKE_VERSION", "12080")); }

int capability() {
    int major = 0, minor = 0;
    sscanf(variable("HPAFLOW_FAKE_CAPABILITY", "9.0"), "%d.%d", &major, &minor);
    return major * 10 + minor;
}

Settings settings() {
    Settings s;
    s.memory = atol(variable("HPAFLOW_FAKE_MEMORY", "4294967296"));
    s.delay = atoi(variable("HPAFLOW_FAKE_DELAY", "0"));
    s.failAt = 0;
    s.failCard = -1;
    std::string fail = variable("HPAFLOW_FAKE_FAIL", "");
    size_t colon = fail.find(':'), at = fail.find('@');
    if (colon != std::string::npos) {
        s.failKind = fail.substr(0, colon);
        s.failAt = atol(fail.c_str() + colon + 1);
        if (at != std::string::npos) s.failCard = atoi(fail.c_str() + at + 1);
    }
    return s;
}

bool fails(Device *d, const char *kind, std::atomic<long> &calls) {
    long n = ++calls;
    const Settings &s = d->settings;
    return s.failKind == kind && n == s.failAt && (s.failCard < 0 || s.failCard == d->index);
}

CUresult lose(Device *d, CUresult fault, const std::string &why) {
    int none = CUDA_SUCCESS;
    if (d->lost.compare_exchange_strong(none, fault)) {
        fprintf(stderr, "fake driver: card %d is lost: %s\n", d->index, why.c_str());
    }
    return (CUresult)d->lost.load();
}

} // namespace fake
