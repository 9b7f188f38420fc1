package cpu

import (
	"runtime"

	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
)

// Backend is the kind of device that computes here.
type Backend struct{}

var (
	_ models.Backend    = Backend{}
	_ models.Device     = (*Device)(nil)
	_ models.Network    = (*Network)(nil)
	_ models.Statistics = (*Statistics)(nil)
)

// New is Backend.New.
func (Backend) New(o models.Options) (models.Device, error) {
	d, err := New(o)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Refuses is Backend.Refuses: nothing.
func (Backend) Refuses(models.Options) error { return nil }

// Flights is Backend.Flights: two, or one on a single processor.
func (Backend) Flights() int { return min(2, runtime.GOMAXPROCS(0)) }

// NewNetwork is Backend.NewNetwork.
func (Backend) NewNetwork(o models.Options, flights int) (models.Network, error) {
	n, err := NewNetwork(o, flights)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// NewStatistics is Backend.NewStatistics.
func (Backend) NewStatistics(o models.Options, weights []models.Tensor) (models.Statistics, error) {
	s, err := NewStatistics(o, weights)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Name is Backend.Name: the instruction set.
func (Backend) Name() string { return Instructions() }

// Instructions names the arithmetic that networks are computed with here: avx2,
// with AVX-512 or without, or go. The same steps give the same bits with the same instructions;
// between kinds the last bits differ.
func Instructions() string { return kernels.Instructions() }
