//go:build gpu && linux

package dnn

// #include "api.h"
import "C"

import (
	"fmt"
	"unsafe"

	"hpaflow/models/gpu/cuda"
)

// Handle is cuDNN on one card, bound to one stream. Like all of a card it is
// used within cuda.Card.Do.
type Handle struct {
	h      C.cudnnHandle_t
	stream cuda.Stream
}

// New makes a handle for the stream's card, within whose Do it is called. Its
// work goes to s.
func New(s cuda.Stream) (*Handle, error) {
	if err := Open(); err != nil {
		return nil, err
	}
	h := &Handle{stream: s}
	if err := h.failure("cudnnCreate", C.hpaflow_dnn_create(&h.h, stream(s))); err != nil {
		return nil, err
	}
	return h, nil
}

// SetStream lets later work go to another stream of the card.
func (h *Handle) SetStream(s cuda.Stream) error {
	h.stream = s
	return h.failure("cudnnSetStream", C.hpaflow_dnn_stream(h.h, stream(s)))
}

// Close ends the handle; its Convs must not run any more.
func (h *Handle) Close() error {
	return h.failure("cudnnDestroy", C.hpaflow_dnn_destroy(h.h))
}

func stream(s cuda.Stream) unsafe.Pointer {
	handle := s.Handle()
	return *(*unsafe.Pointer)(unsafe.Pointer(&handle))
}

// Error is a call of cuDNN that failed.
type Error struct {
	Call string
	Code int
	Name string // CUDNN_STATUS_EXECUTION_FAILED
	Text string // what cuDNN says of it, often nothing
	// What the driver says of the card, nil if nothing is wrong with it. It tells whether
	// the card is lost.
	Card error
}

func (e *Error) Error() string {
	s := e.Call + ": " + e.Name
	if e.Text != "" {
		s += " (" + e.Text + ")"
	}
	if e.Card != nil {
		s += ": " + e.Card.Error()
	}
	return s
}

// Unwrap lets errors.Is find what the driver says: cuda.ErrCardLost.
func (e *Error) Unwrap() error { return e.Card }

// unsupported tells whether cuDNN says that it does not do such a thing at all.
func unsupported(s C.cudnnStatus_t) bool {
	return s >= C.CUDNN_STATUS_NOT_SUPPORTED && s < C.CUDNN_STATUS_INTERNAL_ERROR
}

func (h *Handle) failure(call string, s C.cudnnStatus_t) error {
	if s == C.CUDNN_STATUS_SUCCESS {
		return nil
	}
	e := &Error{Call: call, Code: int(s), Name: fmt.Sprintf("cudnnStatus_t %d", s)}
	if name := C.hpaflow_dnn_status(s); name != nil {
		e.Name = C.GoString(name)
	}
	var said [512]C.char
	C.hpaflow_dnn_last(&said[0], C.size_t(len(said)))
	e.Text = C.GoString(&said[0])
	// A fault of the card stays: whatever is asked next tells it. While a stream is
	// captured this fails, too, and says nothing of the card.
	if s >= C.CUDNN_STATUS_INTERNAL_ERROR {
		_, e.Card = h.stream.Query()
	}
	return e
}
