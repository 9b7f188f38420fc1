//go:build gpu && linux

package nccl

// #cgo LDFLAGS: -ldl
// #include <stdlib.h>
// #include "api.h"
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/library"
)

// Variable names the variable that points to libnccl.so.2, or its folder.
const Variable = "HPAFLOW_NCCL"

// ErrMissing is the error of Open where NCCL is not there.
var ErrMissing = errors.New("NCCL is missing")

// Open loads NCCL, which only several cards need. Only the first call does so.
// An error says what was looked for and where, and how to install it: it is
// ErrMissing.
func Open() error { return opened().err }

// Path is the file that was loaded.
func Path() string { return opened().path }

// Version is NCCL's: 22703 is 2.27.3. 0 where none was loaded.
func Version() int { return opened().version }

type opening struct {
	path    string
	version int
	err     error
}

var opened = sync.OnceValue(func() (o opening) {
	o.path, o.err = library.Wanted{
		File: "libnccl.so.2", Variable: Variable,
		Folders: []string{"nccl/lib"},
		Install: library.Install("nvidia-nccl", cuda.Version()),
	}.Load(load)
	if o.err != nil {
		o.err = fmt.Errorf("%w: %w", ErrMissing, o.err)
		return o
	}
	var v C.int
	o.err = failure("ncclGetVersion", nil, C.hpaflow_nccl_version(&v))
	o.version = int(v)
	return o
})

func load(path string) error {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	said := C.hpaflow_nccl_load(p)
	if said == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(said))
	return errors.New(C.GoString(said))
}
