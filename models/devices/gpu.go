//go:build gpu && linux

package devices

import (
	"hpaflow/models"
	"hpaflow/models/gpu"
)

// Built says that the program can compute on cards.
const Built = true

func openCards(numbers []int, o Options) (models.Backend, error) {
	return gpu.Open(numbers, o.Precision, !o.AnyOrder)
}
