//go:build !gpu || !linux

package devices

import "hpaflow/models"

// Built says that the program can compute on cards.
const Built = false

func openCards([]int, Options) (models.Backend, error) { return nil, ErrNotBuilt }
