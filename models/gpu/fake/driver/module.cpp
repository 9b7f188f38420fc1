// Modules and launches. PTX is not run: its .entry lines name the kernels, which
// are in this library, compiled by g++ from the same sources, and say of what
// sizes their arguments are. Stricter than a true driver: an argument that looks
// like an address must be one of the card's, so that memory of another card, of
// the machine, or freed already is found out.
#include "fake.h"

#include "emulate/emulate.h"
#include "probes.h"

#include <cstdio>
#include <cstring>

struct CUfunc_st {
    std::string name;
    const fake::Probe *probe;
    const emu_kernel *kernel;
    std::vector<size_t> sizes; // of arguments
    int dynamic = 48 << 10;    // bytes of shared memory a launch may ask for
};

struct CUmod_st {
    fake::Device *device;
    std::map<std::string, CUfunc_st> functions;
};

namespace fake {

// sizeOf is that of one ".param .align 8 .b8 name[24]" or ".param .u64 name".
static size_t sizeOf(const std::string &param) {
    size_t dot = param.find_last_of('.');
    size_t bits = strtoul(param.c_str() + dot + 2, nullptr, 10);
    size_t bracket = param.find('[', dot);
    size_t count = bracket == std::string::npos ? 1 : strtoul(param.c_str() + bracket + 1, nullptr, 10);
    return bits / 8 * count;
}

// number is that behind a directive such as ".version 7.5" or ".target sm_80", times ten.
static int number(const std::string &ptx, const char *directive) {
    size_t at = ptx.find(directive);
    if (at == std::string::npos) return 0;
    at += strlen(directive);
    int a = 0, b = 0;
    int n = sscanf(ptx.c_str() + at, "%d.%d", &a, &b);
    return n == 2 ? a * 10 + b : a;
}

// read gives what is wrong with the PTX, or nothing.
static std::string read(const std::string &ptx, CUmod_st *m) {
    int isa = number(ptx, ".version "), target = number(ptx, ".target sm_");
    if (isa == 0 || target == 0) return "neither .version nor .target";
    // PTX 8.0 came with CUDA 12.0, 8.1 with 12.1, and so on; 9.0 with 13.0.
    if (isa > version() / 1000 * 10 - 40 + version() % 1000 / 10) return "the PTX is of a newer version than the driver";
    if (target > capability()) return "the PTX is for a newer card";
    for (size_t at = 0; (at = ptx.find(".entry", at)) != std::string::npos;) {
        at += 6;
        size_t open = ptx.find('(', at), body = ptx.find('{', at);
        if (body == std::string::npos) return "an .entry without a body";
        CUfunc_st f;
        bool params = open < body;
        size_t end = params ? open : body;
        f.name = ptx.substr(at, end - at);
        f.name.erase(0, f.name.find_first_not_of(" \t\r\n"));
        f.name.erase(f.name.find_first_of(" \t\r\n.") == std::string::npos ? f.name.size() : f.name.find_first_of(" \t\r\n."));
        if (params) {
            std::string list = ptx.substr(open + 1, ptx.find(')', open) - open - 1);
            for (size_t p = 0; (p = list.find(".param", p)) != std::string::npos;) {
                size_t next = list.find(',', p);
                f.sizes.push_back(sizeOf(list.substr(p, next - p)));
                if (next == std::string::npos) break;
                p = next;
            }
        }
        f.probe = probe(f.name);
        f.kernel = emu_find(f.name.c_str());
        if (f.probe == nullptr && f.kernel == nullptr) return "there is no emulated kernel " + f.name;
        m->functions[f.name] = f;
    }
    return m->functions.empty() ? "no .entry" : "";
}

// Kernels run one after the other, also those of several streams: what a block
// shares is one piece of memory.
static std::mutex running;

static CUresult launch(Device *d, const CUfunc_st *f, const unsigned *grid, const unsigned *block, unsigned shared, std::vector<std::vector<char>> &arguments) {
    std::string what = "kernel " + f->name;
    if (d->lost != CUDA_SUCCESS) return (CUresult)d->lost.load();
    if (fails(d, "lost", d->works)) return lose(d, CUDA_ERROR_UNKNOWN, what + ", as was asked for");
    if (fails(d, "launch", d->launches)) return lose(d, CUDA_ERROR_LAUNCH_FAILED, what + ", as was asked for");
    std::vector<void *> params;
    for (size_t i = 0; i < arguments.size(); i++) {
        params.push_back(arguments[i].data());
        uintptr_t p;
        if (arguments[i].size() != sizeof p) continue;
        memcpy(&p, params[i], sizeof p);
        if (p >> 40 != 0 && p >> 47 == 0 && find(d, p, 0) == nullptr) {
            return lose(d, CUDA_ERROR_ILLEGAL_ADDRESS, what + ": argument " + std::to_string(i) + " is no address of this card");
        }
    }
    if (f->probe != nullptr) {
        f->probe->run(params.data());
    } else {
        std::lock_guard<std::mutex> lock(running);
        emu_launch(f->kernel, grid, block, shared, params.data());
    }
    return canaries(d, what.c_str());
}

} // namespace fake

using namespace fake;

EXPORT CUresult cuModuleLoadDataEx(CUmodule *m, const void *image, unsigned n, CUjit_option *options, void **values) {
    ENTER(d);
    auto module = std::make_unique<CUmod_st>();
    module->device = d;
    std::string fault = read((const char *)image, module.get());
    if (!fault.empty()) {
        char *log = nullptr;
        size_t length = 0;
        for (unsigned i = 0; i < n; i++) {
            if (options[i] == CU_JIT_ERROR_LOG_BUFFER) log = (char *)values[i];
            if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) length = (size_t)values[i];
        }
        if (log != nullptr) snprintf(log, length, "%s", fault.c_str());
        return CUDA_ERROR_INVALID_PTX;
    }
    std::lock_guard<std::mutex> lock(d->mutex);
    d->modules.insert(*m = module.release());
    return CUDA_SUCCESS;
}

EXPORT CUresult cuModuleUnload(CUmodule m) {
    Device *d = current();
    if (d == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    drain(d);
    std::lock_guard<std::mutex> lock(d->mutex);
    if (d->modules.erase(m) == 0) return CUDA_ERROR_INVALID_HANDLE;
    delete m;
    return (CUresult)d->lost.load();
}

EXPORT CUresult cuModuleGetFunction(CUfunction *f, CUmodule m, const char *name) {
    ENTER(d);
    auto it = m->functions.find(name);
    if (it == m->functions.end()) return CUDA_ERROR_NOT_FOUND;
    *f = &it->second;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuFuncSetAttribute(CUfunction f, CUfunction_attribute a, int v) {
    ENTER(d);
    if (a != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || v < 0 || v > 227 << 10) return CUDA_ERROR_INVALID_VALUE;
    f->dynamic = v;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuFuncGetAttribute(int *v, CUfunction_attribute a, CUfunction f) {
    ENTER(d);
    *v = a == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK ? 1024 : a == CU_FUNC_ATTRIBUTE_NUM_REGS ? 32 : 0;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                               unsigned shared, CUstream s, void **params, void **extra) {
    ENTER(d);
    if (extra != nullptr) return CUDA_ERROR_NOT_SUPPORTED;
    if (gx == 0 || gy == 0 || gz == 0 || gx > 0x7fffffff || gy > 65535 || gz > 65535) return CUDA_ERROR_INVALID_VALUE;
    if (bx == 0 || by == 0 || bz == 0 || (size_t)bx * by * bz > 1024 || bz > 64) return CUDA_ERROR_INVALID_VALUE;
    if ((int)shared > f->dynamic) return CUDA_ERROR_INVALID_VALUE;
    auto arguments = std::make_shared<std::vector<std::vector<char>>>();
    for (size_t i = 0; i < f->sizes.size(); i++) {
        arguments->emplace_back((char *)params[i], (char *)params[i] + f->sizes[i]);
    }
    return enqueue(d, s, [=] {
        const unsigned grid[3] = {gx, gy, gz}, block[3] = {bx, by, bz};
        return launch(d, f, grid, block, shared, *arguments);
    });
}
