package models

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hpaflow/models/kernels"
)

// op is an operation of ours in a Gorgonia graph. It satisfies gorgonia.Op and
// gorgonia.SDOp. Its result lives in the arena and is void when the graph runs
// again.
type op struct {
	name  string // what and, if it belongs to a layer, which
	id    int    // its own in the graph: Gorgonia merges operations of equal hash
	in    []int  // dimensions of the inputs; 0 is a scalar
	shape tensor.Shape

	// run computes out from the inputs. Of the batch, only the first env.n
	// samples count.
	run func(out []float32, in [][]float32) error

	// grad gives the gradient of each input as a node, nil for one that has
	// none; wrt says which have. Both are nil in graphs that only evaluate.
	grad func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error)
	wrt  []bool

	inPlace int // the input that out may overwrite when nothing else reads it, or -1

	env     *environment
	readers int  // operations that read the result
	kept    bool // the result stays until the next run
}

// environment is what the operations of a device share.
type environment struct {
	n     int // samples in the present batch
	arena *arena
	ws    *kernels.Workspace
}

// Do computes the result. A panic of a kernel becomes an error here, since
// Gorgonia runs operations on a goroutine of its own.
func (o *op) Do(values ...gorgonia.Value) (result gorgonia.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: panic: %v", o.name, r)
		}
	}()
	in := make([][]float32, len(values))
	for i, v := range values {
		switch d := v.Data().(type) {
		case []float32:
			in[i] = d
		case float32:
			in[i] = []float32{d}
		default:
			return nil, fmt.Errorf("%s: input %d is %T", o.name, i, d)
		}
	}
	if o.shape.IsScalar() {
		var out [1]float32
		if err := o.run(out[:], in); err != nil {
			return nil, fmt.Errorf("%s: %w", o.name, err)
		}
		o.release(values, -1)
		return gorgonia.NewF32(out[0]), nil
	}
	var b *buffer
	reused := -1
	if o.inPlace >= 0 {
		if t, ok := values[o.inPlace].(tensor.Tensor); ok {
			if b = o.env.arena.inherit(t, o.readers, o.kept); b != nil {
				reused = o.inPlace
			}
		}
	}
	if b == nil {
		b = o.env.arena.take(o.shape, o.readers, o.kept)
	}
	if err := o.run(b.data, in); err != nil {
		return nil, fmt.Errorf("%s: %w", o.name, err)
	}
	o.release(values, reused)
	return b.tensor, nil
}

func (o *op) release(values []gorgonia.Value, except int) {
	for i, v := range values {
		if t, ok := v.(tensor.Tensor); ok && i != except {
			o.env.arena.done(t)
		}
	}
}

// DiffWRT says which inputs have a gradient.
func (o *op) DiffWRT(int) []bool { return o.wrt }

// SymDiff gives the inputs' gradients as nodes.
func (o *op) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	return o.grad(in, out, grad)
}

// Arity is the number of inputs.
func (o *op) Arity() int { return len(o.in) }

// Type is the function type, from the inputs to the result.
func (o *op) Type() hm.Type {
	types := make([]hm.Type, 0, len(o.in)+1)
	for _, dims := range append(o.in[:len(o.in):len(o.in)], len(o.shape)) {
		if dims == 0 {
			types = append(types, tensor.Float32)
		} else {
			types = append(types, gorgonia.TensorType{Dims: dims, Of: tensor.Float32})
		}
	}
	return hm.NewFnType(types...)
}

// InferShape is the result's shape, known when the operation was made.
func (o *op) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) { return o.shape, nil }

// ReturnsPtr, CallsExtern and OverwritesInput tell Gorgonia to leave memory to us.
func (o *op) ReturnsPtr() bool     { return true }
func (o *op) CallsExtern() bool    { return false }
func (o *op) OverwritesInput() int { return -1 }

// WriteHash writes what tells the operation from all others of its graph.
func (o *op) WriteHash(h hash.Hash) { fmt.Fprintf(h, "%s#%d", o.name, o.id) }

// Hashcode is WriteHash in 32 bits.
func (o *op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *op) String() string { return o.name }
