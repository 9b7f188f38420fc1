//go:build gpu && linux

package gpu

import (
	"sync"

	"hpaflow/models"
)

var _ models.Metered = (*Device)(nil)

// meter adds up how a device is used, by its first card's clock.
type meter struct {
	mu    sync.Mutex
	usage models.Usage
}

// step adds a step that is done. before is the result of the one before it.
func (m *meter) step(r, before *result) error {
	took, err := r.done.Elapsed(r.begun)
	if err != nil {
		return err
	}
	copied, err := r.copied.Elapsed(r.copying)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.usage.Busy += took
	m.usage.Copying += copied
	if !before.used {
		return nil
	}
	waited, err := r.begun.Elapsed(before.done)
	m.usage.Waiting += max(0, waited)
	return err
}

// takes notes how much of the card is taken.
func (m *meter) takes(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.usage.Memory = bytes
}

// Usage is Metered.Usage.
func (d *Device) Usage() models.Usage {
	d.meter.mu.Lock()
	defer d.meter.mu.Unlock()
	u := d.meter.usage
	u.Name = d.name
	return u
}
