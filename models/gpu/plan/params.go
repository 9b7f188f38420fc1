package plan

import (
	"hash/fnv"
	"math/rand/v2"

	"hpaflow/models/network"
)

// Param is a tensor of the state dict.
type Param struct {
	Name      string
	Shape     []int
	Statistic bool // batch norm's, which the optimiser leaves alone
	Conv      bool // the weights of a convolution: OIHW outside, and on the card OHWI

	// Offset is where it begins in the flat buffer of all trainable parameters,
	// or of all statistics, in numbers.
	Offset int

	variance bool // a statistic of the upper half

	init network.Initialiser
	seed uint64
}

// Size is how many numbers it has.
func (p *Param) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Initial are its initial values, as every device draws them: from the seed and
// its name.
func (p *Param) Initial() []float32 {
	data := make([]float32, p.Size())
	h := fnv.New64a()
	h.Write([]byte(p.Name))
	p.init(data, p.Shape, rand.New(rand.NewPCG(p.seed, h.Sum64())))
	return data
}

// Params are a network's tensors, in the order in which its layers name them:
// first those it predicts with, then those it has only while training.
//
// On the card the trainable ones lie in one buffer, the weights of convolutions
// first: these are what bfloat16 has a copy of. Each begins at a multiple of
// padding, and what lies between is zero and stays so.
type Params struct {
	List []*Param

	Trainable  int // numbers in the flat buffer of parameters
	Weights    int // those at its begin that are weights of convolutions
	Statistics int // numbers in the flat buffer of statistics: means, then variances

	seed   uint64
	byName map[string]int
	norms  int // channels of all batch norms, padded
}

// padding of a parameter in its flat buffer, in numbers: 256 bytes.
const padding = 64

func padded(n int) int { return (n + padding - 1) / padding * padding }

func newParams(seed uint64) *Params { return &Params{seed: seed, byName: map[string]int{}} }

// get is the number of a tensor, made when it is first asked for.
func (ps *Params) get(name string, init network.Initialiser, shape ...int) int {
	if i, made := ps.byName[name]; made {
		return i
	}
	ps.byName[name] = len(ps.List)
	ps.List = append(ps.List, &Param{Name: name, Shape: shape, init: init, seed: ps.seed})
	return len(ps.List) - 1
}

// weights is get for those of a convolution.
func (ps *Params) weights(name string, init network.Initialiser, shape ...int) int {
	i := ps.get(name, init, shape...)
	ps.List[i].Conv = true
	return i
}

// statistics is where the channels of a batch norm begin in each half of the
// buffer of statistics.
func (ps *Params) statistics(name string, c int) int {
	if i, made := ps.byName[name+".running_mean"]; made {
		return ps.List[i].Offset
	}
	mean := ps.get(name+".running_mean", network.Zeros, c)
	variance := ps.get(name+".running_var", network.Ones, c)
	for _, i := range []int{mean, variance} {
		ps.List[i].Statistic, ps.List[i].Offset = true, ps.norms
	}
	ps.List[variance].variance = true
	ps.norms += padded(c)
	return ps.List[mean].Offset
}

// lay gives every parameter its place.
func (ps *Params) lay() {
	at := 0
	for _, weights := range []bool{true, false} {
		for _, p := range ps.List {
			if !p.Statistic && p.Conv == weights {
				p.Offset = at
				at += padded(p.Size())
			}
		}
		if weights {
			ps.Weights = at
		}
	}
	ps.Trainable, ps.Statistics = at, 2*ps.norms
	for _, p := range ps.List {
		if p.variance {
			p.Offset += ps.norms
		}
	}
}

// Channels is the length of either half of the statistics: the channels of all
// batch norms.
func (ps *Params) Channels() int { return ps.norms }
