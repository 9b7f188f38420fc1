// All other names of the driver: here, as in a true one, and not supported.
#define X(name) __attribute__((weak, visibility("default"))) int name(void) { return 801; }
#include <cuda/symbols.h>
