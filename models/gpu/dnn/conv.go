//go:build gpu && linux

package dnn

// #include "api.h"
import "C"

import (
	"errors"
	"fmt"

	"hpaflow/models/gpu/cuda"
)

// Conv is one kind of one shape by one choice, ready to run. It is bound to the
// card of the handle that prepared it.
type Conv struct {
	kind      Kind
	shape     Shape
	algo      int
	workspace int64
	c         C.hpaflow_conv
}

// Prepare makes ready what Find chose, now or in another run. A choice that this
// version, card or shape does not have is an error. How much workspace the Conv
// needs it says itself, also where the Choice said otherwise.
func (h *Handle) Prepare(k Kind, s Shape, by Choice) (*Conv, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	if s.Type == F32 && !s.TF32 && by.Math != C.CUDNN_FMA_MATH {
		return nil, fmt.Errorf("%s of %s: a choice with math type %d is not fp32", k, s, by.Math)
	}
	c := &Conv{kind: k, shape: s, algo: by.Algo}
	shape := s.c(by.Math)
	if err := h.failure("convolution descriptors", C.hpaflow_conv_create(&c.c, &shape)); err != nil {
		return nil, fmt.Errorf("%s of %s: %w", k, s, err)
	}
	var bytes C.size_t
	err := h.failure("cudnnGetConvolutionWorkspaceSize", C.hpaflow_conv_workspace(h.h, &c.c, C.int(k), C.int(by.Algo), &bytes))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s of %s by algorithm %d: %w", k, s, by.Algo, err), c.Destroy())
	}
	c.workspace = int64(bytes)
	return c, nil
}

// Workspace is the number of bytes that Run needs.
func (c *Conv) Workspace() int64 { return c.workspace }

// Destroy ends the Conv.
func (c *Conv) Destroy() error {
	if s := C.hpaflow_conv_destroy(&c.c); s != C.CUDNN_STATUS_SUCCESS {
		return fmt.Errorf("%s of %s: the end of its descriptors: status %d", c.kind, c.shape, s)
	}
	return nil
}

// Run computes what the Conv's kind says: alpha times that, plus beta times what
// was there. With beta 0 what was there is not read. The workspace has bytes
// bytes, at least c.Workspace(), and nothing else uses it meanwhile.
func (h *Handle) Run(c *Conv, x, w, y, workspace cuda.Ptr, bytes int64, alpha, beta float32) error {
	m, err := c.memory(x, w, y, workspace, bytes)
	if err != nil {
		return err
	}
	s := C.hpaflow_conv_run(h.h, &c.c, C.int(c.kind), C.int(c.algo), m, C.float(alpha), C.float(beta))
	if s != C.CUDNN_STATUS_SUCCESS {
		return fmt.Errorf("%s of %s by algorithm %d: %w", c.kind, c.shape, c.algo, h.failure("convolution", s))
	}
	return nil
}

// ErrNotFused says that cuDNN has no fused form of this choice.
var ErrNotFused = errors.New("cuDNN does not fuse this convolution")

// RunFused computes y = act(conv(x, w) + z + bias), for a Conv of kind Forward:
// bias is K values of the shape's type, one a channel; z has y's shape, rows and
// type, or is 0 for none; act is max(0, .) with relu, else nothing. It is for
// prediction, where batch norm is folded into w and bias.
// Not every choice can be fused: then it is ErrNotFused, and nothing was computed.
func (h *Handle) RunFused(c *Conv, x, w, bias, z, y cuda.Ptr, relu bool, workspace cuda.Ptr, bytes int64) error {
	m, err := c.memory(x, w, y, workspace, bytes)
	if err != nil {
		return err
	}
	if c.kind != Forward {
		return fmt.Errorf("%s of %s: %w", c.kind, c.shape, ErrNotFused)
	}
	act := C.int(0)
	if relu {
		act = 1
	}
	s := C.hpaflow_conv_fused(h.h, &c.c, C.int(c.algo), m, C.size_t(bias), C.size_t(z), act)
	switch {
	case s == C.CUDNN_STATUS_SUCCESS:
		return nil
	case unsupported(s):
		return fmt.Errorf("%s of %s by algorithm %d: %w: %w", c.kind, c.shape, c.algo, ErrNotFused, h.failure("cudnnConvolutionBiasActivationForward", s))
	}
	return fmt.Errorf("%s of %s by algorithm %d: %w", c.kind, c.shape, c.algo, h.failure("cudnnConvolutionBiasActivationForward", s))
}

func (c *Conv) memory(x, w, y, workspace cuda.Ptr, bytes int64) (C.hpaflow_memory, error) {
	if bytes < c.workspace {
		return C.hpaflow_memory{}, fmt.Errorf("%s of %s: a workspace of %d bytes, and %d are needed", c.kind, c.shape, bytes, c.workspace)
	}
	return C.hpaflow_memory{x: C.size_t(x), w: C.size_t(w), y: C.size_t(y), workspace: C.size_t(workspace), bytes: C.size_t(bytes)}, nil
}
