//go:build gpu && linux

package cuda

// #include "driver.h"
//
// // The options' values are numbers or addresses, all as wide as an address.
// static CUresult load(CUmodule *m, const char *ptx, char *said, size_t bytes) {
//     CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
//     void *values[] = {said, (void *)bytes};
//     return cuModuleLoadDataEx(m, ptx, 2, options, values);
// }
import "C"

import (
	"fmt"
	"strings"
	"unsafe"

	"gorgonia.org/cu"
)

// Module is a set of kernels, compiled for the card by its driver.
type Module struct{ m C.CUmodule }

// LoadModule compiles PTX. What the driver's assembler says of it is in the error.
func (c *Card) LoadModule(ptx string) (Module, error) {
	text := C.CString(ptx)
	defer C.free(unsafe.Pointer(text))
	said := (*C.char)(C.calloc(1, 4096))
	defer C.free(unsafe.Pointer(said))
	var m Module
	r := C.load(&m.m, text, said, 4095)
	if r == C.CUDA_SUCCESS {
		return m, nil
	}
	err := failure("cuModuleLoadDataEx", int(r))
	if s := strings.TrimSpace(C.GoString(said)); s != "" {
		err = fmt.Errorf("%w: %s", err, s)
	}
	return Module{}, err
}

// Unload ends the module once no kernel of it is in use.
func (m Module) Unload() error {
	return failure("cuModuleUnload", int(C.cuModuleUnload(m.m)))
}

// Function is a kernel.
type Function struct {
	name string
	f    cu.Function
}

// Function finds a kernel by the name of its .entry.
func (m Module) Function(name string) (Function, error) {
	f := Function{name: name}
	// cu's Module is a struct of the same handle, but of a type of its own.
	handle := *(*cu.Module)(unsafe.Pointer(&m))
	var err error
	if f.f, err = handle.Function(name); err != nil {
		return Function{}, fmt.Errorf("kernel %s: %w", name, wrapped("cuModuleGetFunction", err))
	}
	return f, nil
}

// Name is the kernel's.
func (f Function) Name() string { return f.name }

// maxArgs is more than any kernel here has.
const maxArgs = 48

// Launch gives the stream the kernel to run: grid blocks of block threads, with
// shared bytes of dynamic shared memory. Arguments are of types Ptr, int32,
// uint32, int64, uint64 and float32, in the kernel's order; another type panics,
// as it is a fault of the program.
func (f Function) Launch(grid, block [3]int, shared int, s Stream, args ...any) error {
	var values [maxArgs]uint64
	var params [maxArgs]unsafe.Pointer
	if len(args) > maxArgs {
		panic(fmt.Sprintf("kernel %s: %d arguments", f.name, len(args)))
	}
	for i, arg := range args {
		params[i] = unsafe.Pointer(&values[i])
		switch a := arg.(type) {
		case Ptr:
			values[i] = uint64(a)
		case int32:
			*(*int32)(params[i]) = a
		case uint32:
			*(*uint32)(params[i]) = a
		case int64:
			values[i] = uint64(a)
		case uint64:
			values[i] = a
		case float32:
			*(*float32)(params[i]) = a
		default:
			panic(fmt.Sprintf("kernel %s: argument %d is a %T", f.name, i, arg))
		}
	}
	err := f.f.Launch(grid[0], grid[1], grid[2], block[0], block[1], block[2], shared, s.s, params[:len(args)])
	if err != nil {
		return fmt.Errorf("kernel %s: %w", f.name, wrapped("cuLaunchKernel", err))
	}
	return nil
}

// SetMaxDynamicShared allows launches with more than 48 KiB of dynamic shared
// memory, up to Info.Shared less what the kernel has by itself.
func (f Function) SetMaxDynamicShared(bytes int) error {
	r := C.cuFuncSetAttribute(f.handle(), C.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, C.int(bytes))
	if r != C.CUDA_SUCCESS {
		return fmt.Errorf("kernel %s: %w", f.name, failure("cuFuncSetAttribute", int(r)))
	}
	return nil
}

// Resources are what a kernel takes on the card it was compiled for.
type Resources struct {
	Registers  int // a thread
	Local      int // bytes a thread keeps in memory: arrays, and registers that did not fit
	Shared     int // bytes a block, without dynamic ones
	MaxThreads int // a block
}

// Resources tells of the compiled kernel.
func (f Function) Resources() (Resources, error) {
	var r Resources
	for _, a := range []struct {
		attribute C.CUfunction_attribute
		value     *int
	}{
		{C.CU_FUNC_ATTRIBUTE_NUM_REGS, &r.Registers},
		{C.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, &r.Local},
		{C.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, &r.Shared},
		{C.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, &r.MaxThreads},
	} {
		var v C.int
		if code := C.cuFuncGetAttribute(&v, a.attribute, f.handle()); code != C.CUDA_SUCCESS {
			return Resources{}, fmt.Errorf("kernel %s: %w", f.name, failure("cuFuncGetAttribute", int(code)))
		}
		*a.value = int(v)
	}
	return r, nil
}

func (f *Function) handle() C.CUfunction {
	return *(*C.CUfunction)(unsafe.Pointer(&f.f))
}
