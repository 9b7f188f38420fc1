//go:build gpu && linux

package dnn

import (
	"errors"
	"time"

	"hpaflow/models/gpu/cuda"
)

// Type is that of the values of a convolution's three tensors.
type Type int

const (
	F32  Type = iota // float32
	BF16             // bfloat16, summed up in float32
)

// Kind is what of a convolution is computed. x is its input, w its weights, y
// its output; or, where it is one, the gradient of the loss by it.
type Kind int

const (
	Forward         Kind = iota // y from x and w
	BackwardData                // x from w and y
	BackwardWeights             // w from x and y
)

// Shape is a convolution. Activations x (N,H,W,C) and y (N,OutH,OutW,K),
// weights w (K,R,S,C/Groups), all of Type.
type Shape struct {
	N, C, H, W       int
	K, R, S          int // output channels, kernel height and width
	StrideH, StrideW int
	PadH, PadW       int
	Groups           int
	// Values from one pixel to the next, at least C and K: more where the tensor is
	// a slice of the channels of a wider one.
	XStride, YStride int
	Type             Type
	// TF32 lets tensor cores round the factors to 10 bits. Only with F32.
	TF32 bool
}

// OutH is the output's height.
func (s Shape) OutH() int { return (s.H+2*s.PadH-s.R)/s.StrideH + 1 }

// OutW is the output's width.
func (s Shape) OutW() int { return (s.W+2*s.PadW-s.S)/s.StrideW + 1 }

// Choice is an algorithm for one kind and shape. It is kept as JSON.
type Choice struct {
	Algo          int           `json:"algo"`
	Math          int           `json:"math"`
	Workspace     int64         `json:"workspace"` // bytes
	Time          time.Duration `json:"time"`      // as measured when it was found
	Deterministic bool          `json:"deterministic"`
}

// Handle is cuDNN on one card, bound to one stream. Like all of a card it is
// used within cuda.Card.Do.
type Handle struct{}

// Conv is one kind of one shape by one choice, ready to run.
type Conv struct{}

var errNotYet = errors.New("dnn: not there yet")

// Open loads cuDNN. Only the first call does so. An error says what was looked
// for and where, and how to install it: it is ErrMissing.
func Open() error { return errNotYet }

// ErrMissing is the error of Open where cuDNN, or what it needs, is not there.
var ErrMissing = errors.New("cuDNN is missing")

// Path is the file that was loaded.
func Path() string { return "" }

// Version is cuDNN's: 91002 is 9.10.2. 0 before Open.
func Version() int { return 0 }

// New makes a handle for the card whose thread calls it. Its work goes to s.
func New(s cuda.Stream) (*Handle, error) { return nil, errNotYet }

// SetStream lets later work go to another stream.
func (h *Handle) SetStream(s cuda.Stream) error { return errNotYet }

// Close ends the handle; its Convs must not run any more.
func (h *Handle) Close() error { return errNotYet }

// Find measures the algorithms for a kind of a shape and returns those that
// need no more than workspaceLimit bytes, the fastest first; with deterministic
// only those that give the same bits each time. It takes the workspace itself,
// waits for the card, overwrites the tensor that the kind computes, and cannot be captured.
// Where no algorithm is left it is an error.
func (h *Handle) Find(k Kind, s Shape, deterministic bool, workspaceLimit int64, x, w, y cuda.Ptr) ([]Choice, error) {
	return nil, errNotYet
}

// Prepare makes ready what Find chose, now or in another run. A choice that this
// version, card or shape does not have is an error. c.Workspace is what the
// Conv needs, also where the Choice said otherwise.
func (h *Handle) Prepare(k Kind, s Shape, c Choice) (*Conv, error) { return nil, errNotYet }

// Workspace is the number of bytes that Run needs.
func (c *Conv) Workspace() int64 { return 0 }

// Destroy ends the Conv.
func (c *Conv) Destroy() error { return errNotYet }

// Run computes what the Conv's kind says: alpha times that, plus beta times what
// was there. With beta 0 what was there is not read.
func (h *Handle) Run(c *Conv, x, w, y, workspace cuda.Ptr, bytes int64, alpha, beta float32) error {
	return errNotYet
}

// RunFused computes y = act(conv(x, w) + z + bias), for a Conv of kind Forward:
// bias is K float32, one a channel; z has y's shape and type, or is 0 for none;
// act is max(0, .) with relu, else nothing. It is for prediction, where batch norm is
// folded into w and bias.
// Not every choice can be fused: then it is ErrNotFused, and nothing was computed.
func (h *Handle) RunFused(c *Conv, x, w, bias, z, y cuda.Ptr, relu bool, workspace cuda.Ptr, bytes int64) error {
	return errNotYet
}

// ErrNotFused says that cuDNN has no fused form of this choice.
var ErrNotFused = errors.New("cuDNN does not fuse this convolution")
