//go:build gpu && linux

package gpu

import "time"

// Stats tell how well a device was used, by its first card's own clock.
type Stats struct {
	Cards  string `json:"cards"`
	Memory int64  `json:"memory"` // bytes taken of the first card
	Steps  int64  `json:"steps"`  // whose results were taken

	Busy    time.Duration `json:"busy_ns"`    // in steps
	Waiting time.Duration `json:"waiting_ns"` // between them, with nothing to do
	Copying time.Duration `json:"copying_ns"` // batches to the card, beside steps
}

// meter adds up the times of steps.
type meter struct{ Stats }

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
	m.Steps, m.Busy, m.Copying = m.Steps+1, m.Busy+took, m.Copying+copied
	if !before.used {
		return nil
	}
	waited, err := r.begun.Elapsed(before.done)
	m.Waiting += max(0, waited)
	return err
}

// Stats are those of all steps so far.
func (d *Device) Stats() Stats {
	s := d.meter.Stats
	s.Cards = d.name
	for _, e := range d.engines[:min(1, len(d.engines))] {
		s.Memory = e.memory.total + e.memory.workspaceBytes + e.uploads()
	}
	return s
}
