//go:build gpu && linux

package dnn

// #cgo LDFLAGS: -ldl
// #include <stdlib.h>
// #include "api.h"
import "C"

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"unsafe"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/library"
)

// Variable names the variable that points to libcudnn.so.9, or its folder.
const Variable = "HPAFLOW_CUDNN"

// ErrMissing is the error of Open where cuDNN, or what it needs, is not there,
// or is not of a version that serves.
var ErrMissing = errors.New("cuDNN is missing")

// Open loads cuDNN. Only the first call does so. An error says what was looked
// for and where, and how to install it: it is ErrMissing.
func Open() error { return opened().err }

// Path is the file that was loaded.
func Path() string { return opened().path }

// Version is cuDNN's: 91002 is 9.10.2. 0 where none was loaded.
func Version() int { return opened().version }

type opening struct {
	path    string
	version int
	err     error
}

var opened = sync.OnceValue(func() (o opening) {
	// Which package is right depends on the driver, which need not be there.
	driver := cuda.Version()
	o.path, o.err = library.Wanted{
		File: "libcudnn.so.9", Variable: Variable,
		Folders: []string{"cudnn/lib"},
		Install: library.Install("nvidia-cudnn", driver),
	}.Load(func(path string) error { return load(path, false) })
	if o.err != nil {
		o.err = fmt.Errorf("%w: %w", ErrMissing, o.err)
		return o
	}
	o.version = int(C.hpaflow_dnn_version())
	toolkit := int(C.hpaflow_dnn_cudart())
	if driver > 0 && toolkit/1000 > driver/1000 {
		o.err = fmt.Errorf("%w for this driver: %s is built for CUDA %d, and the driver is of CUDA %d: %s, or install a newer driver",
			ErrMissing, o.path, toolkit/1000, driver/1000, library.Install("nvidia-cudnn", driver))
		return o
	}
	o.err = preload(toolkit/1000, o.path)
	return o
})

// preload loads the matrix library that cuDNN opens by its name when it is first
// needed, which the loader may not find by itself. It comes with cuDNN's packages.
func preload(toolkit int, cudnn string) error {
	if toolkit == 0 {
		return nil
	}
	beside := filepath.Dir(cudnn)
	_, err := library.Wanted{
		File:    fmt.Sprintf("libcublasLt.so.%d", toolkit),
		Folders: []string{"cublas/lib", fmt.Sprintf("cu%d/lib", toolkit)},
		Beside:  []string{beside, filepath.Join(beside, "../../cublas/lib"), filepath.Join(beside, fmt.Sprintf("../../cu%d/lib", toolkit))},
		Install: map[bool]string{true: "`pip install nvidia-cublas-cu12`", false: "`pip install nvidia-cublas`"}[toolkit == 12],
	}.Load(func(path string) error { return load(path, true) })
	if err != nil {
		return fmt.Errorf("%w what it needs: %w", ErrMissing, err)
	}
	return nil
}

func load(path string, before bool) error {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	var said *C.char
	if before {
		said = C.hpaflow_dnn_preload(p)
	} else {
		said = C.hpaflow_dnn_load(p)
	}
	if said == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(said))
	return errors.New(C.GoString(said))
}
