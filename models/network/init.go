package network

import (
	"math"
	"math/rand/v2"
)

// Initialiser fills a new tensor. Each tensor has its own random numbers, from
// the seed and its name, so that a change to one layer leaves the others alone.
type Initialiser func(data []float32, shape []int, r *rand.Rand)

func Zeros([]float32, []int, *rand.Rand) {}

func Ones(data []float32, _ []int, _ *rand.Rand) {
	for i := range data {
		data[i] = 1
	}
}

// LayerScale is what the factors of Dense.Scale begin as: timm's.
func LayerScale(data []float32, _ []int, _ *rand.Rand) {
	for i := range data {
		data[i] = 1e-6
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

// kaimingFanIn is torchvision's for those of a densenet: normal, of variance
// 2/(In/Groups*KH*KW).
func kaimingFanIn(data []float32, shape []int, r *rand.Rand) {
	std := math.Sqrt(2 / float64(shape[1]*shape[2]*shape[3]))
	for i := range data {
		data[i] = float32(r.NormFloat64() * std)
	}
}

// uniformFanIn is PyTorch's default for a convolution: within
// 1/sqrt(In/Groups*KH*KW).
func uniformFanIn(data []float32, shape []int, r *rand.Rand) {
	Uniform(shape[1]*shape[2]*shape[3])(data, shape, r)
}

// Uniform is PyTorch's for a linear layer and its bias: within 1/sqrt(inputs).
func Uniform(inputs int) Initialiser {
	bound := 1 / math.Sqrt(float64(inputs))
	return func(data []float32, _ []int, r *rand.Rand) {
		for i := range data {
			data[i] = float32((2*r.Float64() - 1) * bound)
		}
	}
}
