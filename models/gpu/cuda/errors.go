//go:build gpu && linux

package cuda

// #include "driver.h"
import "C"

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// What errors of this package are, by errors.Is.
var (
	ErrNoDriver     = errors.New("no NVIDIA driver")
	ErrDriverTooOld = errors.New("the NVIDIA driver is too old")
	ErrNoCard       = errors.New("no NVIDIA card")
	ErrCardTooOld   = errors.New("the card is too old")
	ErrOutOfMemory  = errors.New("the card is out of memory")
	// ErrCardLost is a fault after which the driver takes no more work for the card
	// from this process: a kernel that failed, memory that did, a card that is gone.
	ErrCardLost = errors.New("the card is lost to this process")
)

// Error is a call of the driver that failed.
type Error struct {
	Call string // as the driver names it: cuMemAlloc
	Code int    // CUresult
	Name string // CUDA_ERROR_OUT_OF_MEMORY
	Text string // what the driver says of it
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (%s)", e.Call, e.Name, e.Text)
}

// Is tells of ErrOutOfMemory and ErrCardLost.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrOutOfMemory:
		return e.Code == C.CUDA_ERROR_OUT_OF_MEMORY
	case ErrCardLost:
		return lost[e.Code]
	}
	return false
}

// The faults that the driver repeats for ever once they have happened.
var lost = map[int]bool{
	C.CUDA_ERROR_DEVICE_UNAVAILABLE:    true,
	C.CUDA_ERROR_ECC_UNCORRECTABLE:     true,
	C.CUDA_ERROR_NVLINK_UNCORRECTABLE:  true,
	C.CUDA_ERROR_ILLEGAL_ADDRESS:       true,
	C.CUDA_ERROR_LAUNCH_TIMEOUT:        true,
	C.CUDA_ERROR_CONTEXT_IS_DESTROYED:  true,
	C.CUDA_ERROR_ASSERT:                true,
	C.CUDA_ERROR_HARDWARE_STACK_ERROR:  true,
	C.CUDA_ERROR_ILLEGAL_INSTRUCTION:   true,
	C.CUDA_ERROR_MISALIGNED_ADDRESS:    true,
	C.CUDA_ERROR_INVALID_ADDRESS_SPACE: true,
	C.CUDA_ERROR_INVALID_PC:            true,
	C.CUDA_ERROR_LAUNCH_FAILED:         true,
	C.CUDA_ERROR_CONTAINED:             true,
	C.CUDA_ERROR_UNKNOWN:               true,
}

// failure is the error of a call, nil for success.
func failure(call string, code int) error {
	if code == C.CUDA_SUCCESS {
		return nil
	}
	e := &Error{Call: call, Code: code, Name: fmt.Sprintf("CUresult %d", code), Text: "which this driver has no word for"}
	var s *C.char
	if C.cuGetErrorName(C.CUresult(code), &s) == C.CUDA_SUCCESS && s != nil {
		e.Name = C.GoString(s)
	}
	if C.cuGetErrorString(C.CUresult(code), &s) == C.CUDA_SUCCESS && s != nil {
		e.Text = strings.TrimSuffix(C.GoString(s), ".")
	}
	return e
}

// wrapped is what cu returned, with the driver's word in place of cu's. cu keeps
// the code's type to itself; it is an integer.
func wrapped(call string, err error) error {
	if err == nil {
		return nil
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if v := reflect.ValueOf(e); v.Kind() == reflect.Int {
			return failure(call, int(v.Int()))
		}
	}
	return fmt.Errorf("%s: %w", call, err)
}
