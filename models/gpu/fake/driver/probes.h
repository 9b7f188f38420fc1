#pragma once

#include <string>

namespace fake {

struct Probe {
    const char *name;
    void (*run)(void **params);
};

const Probe *probe(const std::string &name);

} // namespace fake
