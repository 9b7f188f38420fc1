//go:build gpu && linux

package gpu

import (
	"errors"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/nccl"
)

// connect joins the device's cards, so that they add up their gradients.
func (d *Device) connect() error {
	var cards []*cuda.Card
	for _, e := range d.engines {
		cards = append(cards, e.card)
	}
	comms, err := nccl.Init(cards)
	if err != nil {
		return err
	}
	for rank, e := range d.engines {
		if err := e.do(func() error { return e.join(comms[rank], rank, len(cards)) }); err != nil {
			return err
		}
	}
	return nil
}

// leave ends what the cards do together.
func (d *Device) leave(fault bool) error {
	var errs []error
	for _, e := range d.engines {
		if e.ring != nil {
			errs = append(errs, e.ring.leave(fault))
		}
	}
	return errors.Join(errs...)
}
