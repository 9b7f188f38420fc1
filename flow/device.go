package flow

import (
	"fmt"
	"time"
)

// Device is how a device that a stage computes on is used, by the device's own
// clock.
type Device struct {
	Name   string // as people call it
	Memory int64  // bytes of it that are taken

	Busy    time.Duration // at work
	Waiting time.Duration // between its first work and its last, with nothing to do
	Copying time.Duration // getting what it works on, beside its work
}

// Utilisation is the share of its time that the device was busy, 0..1.
func (d Device) Utilisation() float64 {
	if all := d.Busy + d.Waiting; all > 0 {
		return float64(d.Busy) / float64(all)
	}
	return 0
}

// String is how a run tells of it.
func (d Device) String() string {
	return fmt.Sprintf("%s %.1f%% busy", d.Name, 100*d.Utilisation())
}

// OnDevice lets Stats tell of the device that a stage computes on. read may be
// called at any time, from anywhere; it reports false while there is none.
func (g *Graph) OnDevice(stage string, read func() (Device, bool)) {
	for _, st := range g.stages {
		if st.name == stage {
			st.device = read
		}
	}
}

// deviceBusy is the share from which on a device is what limits a run.
const deviceBusy = 0.9

// deviceAdvice is what would help a run whose bottleneck is a stage, as far as
// devices go: the stage's own if it limits, or another that is kept waiting.
func (s Stats) deviceAdvice(worst StageStats) (advice string, ofDevice bool) {
	if d := worst.Device; d != nil && d.Utilisation() >= deviceBusy {
		return d.String() + ": a faster device, more of them, or a lower precision would help", true
	}
	for _, st := range s.Stages {
		if st.Device != nil {
			advice += "; " + st.Device.String()
		}
	}
	return advice, false
}
