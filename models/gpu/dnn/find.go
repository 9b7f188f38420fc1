//go:build gpu && linux

package dnn

// #include "api.h"
import "C"

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"hpaflow/models/gpu/cuda"
)

// Choice is an algorithm for one kind and shape. It is kept as JSON.
type Choice struct {
	Algo          int           `json:"algo"`
	Math          int           `json:"math"`
	Workspace     int64         `json:"workspace"` // bytes
	Time          time.Duration `json:"time"`      // as measured when it was found
	Deterministic bool          `json:"deterministic"`
}

// algorithms is more than cuDNN 9 has of any kind, each with two kinds of
// arithmetic.
const algorithms = 20

// Find measures the algorithms for a kind of a shape and returns those that
// need no more than workspaceLimit bytes, the fastest first; with deterministic
// only those that give the same bits each time. It takes the workspace itself,
// as much as any of them wants, waits for the card, overwrites the tensor that the kind
// computes, and cannot be captured. Where no algorithm is left it is ErrNoAlgorithm.
func (h *Handle) Find(k Kind, s Shape, deterministic bool, workspaceLimit int64, x, w, y cuda.Ptr) (choices []Choice, err error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	var conv C.hpaflow_conv
	shape := s.c(s.math())
	switch status := C.hpaflow_conv_create(&conv, &shape); {
	case unsupported(status):
		return nil, fmt.Errorf("%s of %s: %w: %w", k, s, ErrNoAlgorithm, h.failure("convolution descriptors", status))
	case status != C.CUDNN_STATUS_SUCCESS:
		return nil, fmt.Errorf("%s of %s: %w", k, s, h.failure("convolution descriptors", status))
	}
	defer C.hpaflow_conv_destroy(&conv)

	m := C.hpaflow_memory{x: C.size_t(x), w: C.size_t(w), y: C.size_t(y)}
	m.bytes = h.largest(k, &conv, workspaceLimit)
	if m.bytes > 0 {
		workspace, err := h.stream.Card().Alloc(int64(m.bytes))
		if err != nil {
			return nil, fmt.Errorf("%s of %s: a workspace of %d bytes: %w", k, s, m.bytes, err)
		}
		m.workspace = C.size_t(workspace)
		defer func() { err = errors.Join(err, h.stream.Card().Free(workspace)) }()
	}
	var found [algorithms]C.cudnnAlgoPerf
	var n C.int
	if status := C.hpaflow_conv_find(h.h, &conv, C.int(k), m, algorithms, &n, &found[0]); status != C.CUDNN_STATUS_SUCCESS {
		if unsupported(status) {
			return nil, fmt.Errorf("%s of %s: %w: %w", k, s, ErrNoAlgorithm, h.failure("cudnnFindConvolutionAlgorithm", status))
		}
		return nil, fmt.Errorf("%s of %s: %w", k, s, h.failure("cudnnFindConvolutionAlgorithm", status))
	}
	for _, f := range found[:n] {
		c := Choice{
			Algo: int(f.algo), Math: int(f.mathType), Workspace: int64(f.memory),
			Time:          time.Duration(float64(f.time) * float64(time.Millisecond)),
			Deterministic: f.determinism == C.CUDNN_DETERMINISTIC,
		}
		// Asked for fp32, cuDNN must not come back with factors cut short.
		exact := s.Type != F32 || s.TF32 || c.Math == C.CUDNN_FMA_MATH
		if f.status == C.CUDNN_STATUS_SUCCESS && exact && (c.Deterministic || !deterministic) {
			choices = append(choices, c)
		}
	}
	if len(choices) == 0 {
		return nil, fmt.Errorf("%s of %s: %w of cuDNN %d within %d bytes of workspace", k, s, ErrNoAlgorithm, Version(), workspaceLimit)
	}
	slices.SortStableFunc(choices, func(a, b Choice) int { return cmp.Compare(a.Time, b.Time) })
	return choices, nil
}

// ErrNoAlgorithm says that cuDNN cannot compute this, as it was asked for.
var ErrNoAlgorithm = errors.New("there is no algorithm")

// largest is the most workspace that an algorithm within the limit needs.
func (h *Handle) largest(k Kind, conv *C.hpaflow_conv, limit int64) C.size_t {
	var most C.size_t
	for algo := range C.int(algorithms / 2) {
		var bytes C.size_t
		// Numbers that are no algorithm's, or not this shape's, are refused.
		if C.hpaflow_conv_workspace(h.h, conv, C.int(k), algo, &bytes) == C.CUDNN_STATUS_SUCCESS && int64(bytes) <= limit {
			most = max(most, bytes)
		}
	}
	return most
}
