package cpu

import (
	"hash/fnv"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"hpaflow/models"
	"hpaflow/models/cpu/pages"
	"hpaflow/models/network"
)

// param is a tensor of the state dict: a parameter that the optimiser moves,
// or a statistic that batch norm does.
type param struct {
	name      string
	shape     []int
	data      []float32
	tensor    *tensor.Dense // data, for Gorgonia
	statistic bool
}

// params are a network's tensors in the order in which its layers name them.
type params struct {
	seed   uint64
	frozen func(name string) bool // while training, stays as it is; nil: nothing does
	list   []*param
	byName map[string]*param
}

func newParams(seed uint64) *params { return &params{seed: seed, byName: map[string]*param{}} }

// get is the tensor of a name, made and initialised when it is first asked for.
func (ps *params) get(name string, init network.Initialiser, shape []int) *param {
	if p := ps.byName[name]; p != nil {
		return p
	}
	p := &param{name: name, shape: shape, data: pages.Make(size(shape))}
	p.tensor = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(p.data))
	h := fnv.New64a()
	h.Write([]byte(name))
	init(p.data, shape, rand.New(rand.NewPCG(ps.seed, h.Sum64())))
	ps.list = append(ps.list, p)
	ps.byName[name] = p
	return p
}

// statistics are the running mean and variance of a batch norm.
func (ps *params) statistics(name string, c int) (mean, variance *param) {
	mean = ps.get(name+".running_mean", network.Zeros, []int{c})
	variance = ps.get(name+".running_var", network.Ones, []int{c})
	mean.statistic, variance.statistic = true, true
	return mean, variance
}

// like adds what other parameters have, in their order, and takes their values.
func (ps *params) like(other *params) {
	for i, p := range other.list {
		mine := ps.get(p.name, network.Zeros, p.shape)
		mine.statistic = p.statistic
		copy(mine.data, p.data)
		if ps.list[i] != mine {
			panic("a network names its tensors in another order")
		}
	}
}

// tensors are all of them, with the memory they stand for.
func (ps *params) tensors() []models.Tensor {
	var list []models.Tensor
	for _, p := range ps.list {
		list = append(list, models.Tensor{Name: p.name, Shape: p.shape, Data: p.data})
	}
	return list
}

// still says whether a tensor stays as it is while training.
func (ps *params) still(name string) bool { return ps.frozen != nil && ps.frozen(name) }

// trainable are the tensors that have a gradient.
func (ps *params) trainable() []*param {
	var list []*param
	for _, p := range ps.list {
		if !p.statistic && !ps.still(p.name) {
			list = append(list, p)
		}
	}
	return list
}

// size is how many values a shape holds.
func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
