//go:build gpu && linux

package gpu

import (
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
	d.comms = comms
	for rank, e := range d.engines {
		if err := e.do(func() error { return e.join(comms[rank], rank, len(cards)) }); err != nil {
			return err
		}
	}
	return nil
}
