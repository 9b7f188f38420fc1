//go:build gpu && linux

// Where the driver's names lead to. Each has a slot, which the trampolines jump
// through. Until a library is loaded the driver is one without cards: cuInit,
// which gorgonia.org/cu calls before main, goes well, and all else says that
// there is no device.

#include "driver.h"

#include <dlfcn.h>
#include <string.h>

static CUresult init_without_driver(void) { return CUDA_SUCCESS; }

static CUresult no_device(void) { return CUDA_ERROR_NO_DEVICE; }

static CUresult not_in_this_driver(void) { return CUDA_ERROR_NOT_SUPPORTED; }

#define X(name) __attribute__((visibility("hidden"))) void *hpaflow_slot_##name = (void *)no_device;
#include <cuda/symbols.h>
#undef X

static struct {
    const char *name;
    void **slot;
    int missing;
} names[] = {
#define X(name) {#name, &hpaflow_slot_##name, 0},
#include <cuda/symbols.h>
#undef X
};

enum { count = sizeof names / sizeof names[0] };

__attribute__((constructor)) static void start_without_driver(void) {
    hpaflow_slot_cuInit = (void *)init_without_driver;
}

char *hpaflow_driver_load(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        return strdup(dlerror());
    }
    if (dlsym(library, "cuInit") == NULL || dlsym(library, "cuDriverGetVersion") == NULL) {
        dlclose(library);
        return strdup("it is no driver of CUDA");
    }
    for (int i = 0; i < count; i++) {
        void *f = dlsym(library, names[i].name);
        names[i].missing = f == NULL;
        *names[i].slot = f != NULL ? f : (void *)not_in_this_driver;
    }
    return NULL;
}

const char *hpaflow_driver_missing(int i) {
    for (int k = 0; k < count; k++) {
        if (names[k].missing && i-- == 0) {
            return names[k].name;
        }
    }
    return NULL;
}
