package models

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"gorgonia.org/tensor"
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
	list   []*param
	byName map[string]*param
}

func newParams(seed uint64) *params { return &params{seed: seed, byName: map[string]*param{}} }

// get is the tensor of a name, made and initialised when it is first asked for.
func (ps *params) get(name string, init initialiser, shape []int) *param {
	if p := ps.byName[name]; p != nil {
		return p
	}
	p := &param{name: name, shape: shape, data: make([]float32, size(shape))}
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
	mean = ps.get(name+".running_mean", zeros, []int{c})
	variance = ps.get(name+".running_var", ones, []int{c})
	mean.statistic, variance.statistic = true, true
	return mean, variance
}

// tensors are all of them, with the memory they stand for.
func (ps *params) tensors() []Tensor {
	var list []Tensor
	for _, p := range ps.list {
		list = append(list, Tensor{Name: p.name, Shape: p.shape, Data: p.data})
	}
	return list
}

// trainable are the tensors that have a gradient.
func (ps *params) trainable() []*param {
	var list []*param
	for _, p := range ps.list {
		if !p.statistic {
			list = append(list, p)
		}
	}
	return list
}

// initialiser fills a new tensor. Each tensor has its own random numbers, from
// the seed and its name, so that a change to one layer leaves the others alone.
type initialiser func(data []float32, shape []int, r *rand.Rand)

func zeros([]float32, []int, *rand.Rand) {}

func ones(data []float32, _ []int, _ *rand.Rand) {
	for i := range data {
		data[i] = 1
	}
}

// kaimingFanOut is torchvision's for the convolutions of a resnet: normal, of
// variance 2/(Out*KH*KW).
func kaimingFanOut(data []float32, shape []int, r *rand.Rand) {
	std := math.Sqrt(2 / float64(shape[0]*shape[2]*shape[3]))
	for i := range data {
		data[i] = float32(r.NormFloat64() * std)
	}
}

// uniformFanIn is PyTorch's default for a convolution: within
// 1/sqrt(In/Groups*KH*KW).
func uniformFanIn(data []float32, shape []int, r *rand.Rand) {
	uniform(shape[1]*shape[2]*shape[3])(data, shape, r)
}

// uniform is PyTorch's for a linear layer and its bias: within 1/sqrt(inputs).
func uniform(inputs int) initialiser {
	bound := 1 / math.Sqrt(float64(inputs))
	return func(data []float32, _ []int, r *rand.Rand) {
		for i := range data {
			data[i] = float32((2*r.Float64() - 1) * bound)
		}
	}
}
