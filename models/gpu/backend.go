//go:build gpu && linux

package gpu

import (
	"errors"
	"fmt"
	"slices"

	"hpaflow/models"
	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
	"hpaflow/models/gpu/nccl"
)

// Backend is the kind of device that some cards are.
type Backend struct {
	cards         []cuda.Info
	precision     precision
	deterministic bool
}

var (
	_ models.Backend    = (*Backend)(nil)
	_ models.Device     = (*Device)(nil)
	_ models.Network    = (*Network)(nil)
	_ models.Statistics = (*Statistics)(nil)
)

// Open finds the driver, the cards and the libraries. Cards are numbered as the
// driver does; no numbers are all there are. precision is auto, fp32, tf32 or
// bf16. Unless deterministic, algorithms may be chosen whose bits differ from
// run to run.
func Open(cards []int, precision string, deterministic bool) (*Backend, error) {
	count, err := cuda.Count()
	if err != nil {
		return nil, err
	}
	if len(cards) == 0 {
		for i := range count {
			cards = append(cards, i)
		}
	}
	if len(cards) == 0 {
		return nil, fmt.Errorf("%w: the driver is there and knows of none", cuda.ErrNoCard)
	}
	b := &Backend{deterministic: deterministic}
	var errs []error
	for i, index := range cards {
		info, err := cuda.Describe(index)
		if err == nil && !info.AtLeast(cuda.MinCapability[0], cuda.MinCapability[1]) {
			err = fmt.Errorf("%w: card %d, %s, has compute capability %d.%d, and %d.%d is needed",
				cuda.ErrCardTooOld, index, info.Name, info.Capability[0], info.Capability[1], cuda.MinCapability[0], cuda.MinCapability[1])
		}
		if slices.Contains(cards[:i], index) {
			err = fmt.Errorf("card %d is named twice", index)
		}
		errs = append(errs, err)
		b.cards = append(b.cards, info)
	}
	errs = append(errs, dnn.Open())
	if len(cards) > 1 {
		errs = append(errs, nccl.Open())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	b.precision, err = precisionFor(precision, b.cards)
	return b, err
}

// Name is Backend.Name: cards, cuDNN and precision.
func (b *Backend) Name() string {
	name := b.cards[0].Name
	for _, c := range b.cards[1:] {
		if c.Name != b.cards[0].Name {
			name += ", " + c.Name
		}
	}
	if len(b.cards) > 1 {
		name = fmt.Sprintf("%d x %s", len(b.cards), name)
	}
	v := dnn.Version()
	name = fmt.Sprintf("gpu %s cuDNN %d.%d.%d %s", name, v/10000, v/100%100, v%100, b.precision)
	if !b.deterministic {
		name += " any order"
	}
	return name
}

// New is Backend.New.
func (b *Backend) New(o models.Options) (models.Device, error) {
	d, err := b.newDevice(o)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Refuses is Backend.Refuses.
func (b *Backend) Refuses(o models.Options) error {
	if o.Freeze > 0 {
		return errors.New("freeze: stages are frozen on the processor only so far: set device = cpu, or freeze = 0")
	}
	return nil
}

// Flights is Backend.Flights: two a card.
func (b *Backend) Flights() int { return flightsOfCard * len(b.cards) }

// NewNetwork is Backend.NewNetwork.
func (b *Backend) NewNetwork(o models.Options, flights int) (models.Network, error) {
	n, err := b.newNetwork(o, flights)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// NewStatistics is Backend.NewStatistics. One card does it: the statistics are
// those of whole batches.
func (b *Backend) NewStatistics(o models.Options, weights []models.Tensor) (models.Statistics, error) {
	s, err := b.newStatistics(o, weights)
	if err != nil {
		return nil, err
	}
	return s, nil
}
