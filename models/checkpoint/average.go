package checkpoint

import (
	"errors"
	"fmt"
	"slices"

	"hpaflow/models"
	"hpaflow/models/statedict"
)

// Average is the running mean of the weights of several checkpoints, batch
// norm's statistics included: stochastic weight averaging (Izmailov et al.
// 2018, arXiv:1803.05407). It is summed in float64.
type Average struct {
	tensors []models.Tensor // of the first checkpoint
	means   [][]float64
	count   int
}

// Add takes the weights of one more checkpoint into the mean. Tensors that are
// missing, unknown or of another shape than before are an error, and then
// nothing has changed.
func (a *Average) Add(weights []models.Tensor) error {
	if a.count == 0 {
		for _, t := range weights {
			a.tensors = append(a.tensors, models.Tensor{Name: t.Name, Shape: slices.Clone(t.Shape), Data: make([]float32, len(t.Data))})
			a.means = append(a.means, make([]float64, len(t.Data)))
		}
	}
	if err := statedict.Match(a.tensors, weights); err != nil {
		return fmt.Errorf("average: %w", err)
	}
	byName := map[string]models.Tensor{}
	for _, t := range weights {
		byName[t.Name] = t
	}
	a.count++
	share := 1 / float64(a.count)
	for i, t := range a.tensors {
		mean := a.means[i]
		for k, w := range byName[t.Name].Data {
			mean[k] = mean[k]*(1-share) + float64(w)*share
		}
	}
	return nil
}

// Weights is the mean so far, in the order of the first checkpoint.
func (a *Average) Weights() ([]models.Tensor, error) {
	if a.count == 0 {
		return nil, errors.New("average: of no checkpoints")
	}
	for i, t := range a.tensors {
		for k, v := range a.means[i] {
			t.Data[k] = float32(v)
		}
	}
	return a.tensors, nil
}

// Weights is a network's state dict under the name it is to be saved as.
type Weights struct {
	Name    string
	Tensors []models.Tensor
	Inputs  Inputs            // of the images that they are for
	Samples map[string]uint64 // Sums by Id of the samples that they follow from (package provenance)
}

// Bytes is the memory the weights hold.
func (w *Weights) Bytes() (n int64) {
	for _, t := range w.Tensors {
		n += 4 * int64(len(t.Data))
	}
	return n
}
