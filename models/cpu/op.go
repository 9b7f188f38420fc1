package cpu

import (
	"fmt"
	"hash"
	"hash/fnv"
	"slices"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hpaflow/models/cpu/kernels"
)

// op is an operation of ours in a Gorgonia graph. It satisfies gorgonia.Op and
// gorgonia.SDOp. Its result lives in the arena and is void when the graph runs
// again.
type op struct {
	name   string // what and, if it belongs to a layer, which
	id     int    // its own in the graph: Gorgonia merges operations of equal hash
	in     []int  // dimensions of the inputs
	inputs gorgonia.Nodes
	size   int     // values of the result, for the largest batch
	scalar bool    // the result is a number, not a vector
	flops  float64 // multiplications and additions a sample, where they are many

	// run computes out from the inputs. Of the batch, only the first env.n
	// samples count.
	run func(out []float32, in [][]float32) error

	// grad gives the gradient of each input as a node, nil for one that has
	// none; wrt says which have.
	grad func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error)
	wrt  []bool

	values  [][]float32 // the inputs' in the present run
	inPlace []int       // inputs that out may overwrite when nothing else reads them

	env     *environment
	readers int  // operations that read the result
	final   bool // the result is a parameter's gradient
	kept    bool // the result stays until the next run
}

// Do computes the result. A panic of a kernel becomes an error here, since
// Gorgonia runs operations on a goroutine of its own.
func (o *op) Do(values ...gorgonia.Value) (result gorgonia.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %w", o.name, kernels.Caught(r))
		}
	}()
	in := slices.Grow(o.values[:0], len(values))[:len(values)]
	o.values = in
	for i, v := range values {
		if t, ok := v.(tensor.Tensor); ok {
			if b := o.env.arena.live[t]; b != nil { // Data allocates
				in[i] = b.data
				continue
			}
		}
		d, ok := v.Data().([]float32)
		if !ok {
			return nil, fmt.Errorf("%s: input %d is %T", o.name, i, v.Data())
		}
		in[i] = d
	}
	if o.scalar {
		var out [1]float32
		if err := o.timed(out[:], in); err != nil {
			return nil, err
		}
		o.release(values, -1)
		return gorgonia.NewF32(out[0]), nil
	}
	var b *buffer
	reused := -1
	for _, i := range o.inPlace {
		if b = o.env.arena.inherit(values[i].(tensor.Tensor), o.readers, o.kept); b != nil {
			reused = i
			break
		}
	}
	if b == nil {
		b = o.env.arena.take(o.size, o.readers, o.kept)
	}
	if err := o.timed(b.data, in); err != nil {
		return nil, err
	}
	o.release(values, reused)
	return b.tensor, nil
}

// timed runs the operation and lets the environment know.
func (o *op) timed(out []float32, in [][]float32) (err error) {
	if o.env.blank {
		return nil
	}
	start := o.env.begin()
	err = o.run(out, in)
	o.env.end(o.name, o.flops, start, 1)
	if err != nil {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	return nil
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
	for _, dims := range o.in {
		types = append(types, gorgonia.TensorType{Dims: dims, Of: tensor.Float32})
	}
	if o.scalar {
		types = append(types, tensor.Float32)
	} else {
		types = append(types, gorgonia.TensorType{Dims: 1, Of: tensor.Float32})
	}
	return hm.NewFnType(types...)
}

// InferShape is the result's shape, known when the operation was made: a flat
// vector, whatever stands in it.
func (o *op) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	if o.scalar {
		return tensor.ScalarShape(), nil
	}
	return tensor.Shape{o.size}, nil
}

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
