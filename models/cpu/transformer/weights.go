package transformer

import (
	"runtime/debug"
	"slices"
	"strings"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/statedict"
)

// weights are a network's parameters, prepared for the kernels when a plan first
// asks for them. Plans for images of several sizes share them: what is prepared
// of a layer serves any number of tokens.
type weights struct {
	ws       *kernels.Workspace
	tensors  map[string]*statedict.Tensor // that no plan has asked for yet
	prepared map[string]*linear
	plain    map[string][]float32 // norms and tables

	loose int // bytes of tensors that nobody needs any more, since they were last returned
}

// mostLoose is how many such bytes may lie about. The collector by itself waits until
// memory has doubled: a network would lie in it twice.
const mostLoose = 64 << 20

// linear is a layer's weights and its bias, or those of several layers whose
// results lie beside each other.
type linear struct {
	packed kernels.Packed
	bias   []float32
}

func newWeights(ws *kernels.Workspace, tensors []statedict.Tensor) *weights {
	w := &weights{ws: ws, tensors: map[string]*statedict.Tensor{}, prepared: map[string]*linear{}, plain: map[string][]float32{}}
	for i := range tensors {
		w.tensors[tensors[i].Name] = &tensors[i]
	}
	return w
}

// take gives a tensor's values, and lets go of them.
func (w *weights) take(name string) []float32 {
	t := w.tensors[name]
	delete(w.tensors, name)
	values := t.Data
	t.Data = nil
	return values
}

// values are those of a tensor that is used as it is.
func (w *weights) values(name string) []float32 {
	if w.plain[name] == nil {
		w.plain[name] = w.take(name)
	}
	return w.plain[name]
}

// layer prepares layers of one input for a convolution that computes all of them.
func (w *weights) layer(k *kernels.Conv, names ...string) *linear {
	key := strings.Join(names, " ")
	if l := w.prepared[key]; l != nil {
		return l
	}
	var all, bias []float32
	if len(names) == 1 {
		all, bias = w.take(names[0]+".weight"), w.take(names[0]+".bias")
	} else {
		for _, name := range names {
			all, bias = append(all, w.take(name+".weight")...), append(bias, w.take(name+".bias")...)
		}
	}
	l := &linear{packed: k.Pack(w.ws, all), bias: slices.Grow(bias, kernels.Lanes)[:kernels.Blocks(k.Out)*kernels.Lanes]}
	clear(l.bias[k.Out:])
	w.prepared[key] = l
	if w.loose += 4 * len(all); w.loose > mostLoose {
		debug.FreeOSMemory()
		w.loose = 0
	}
	return l
}
