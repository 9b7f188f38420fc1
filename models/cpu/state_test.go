package cpu

import "hpaflow/models"

// state is a device's state, which cannot fail here.
func state(d *Device) models.State {
	s, err := d.State()
	if err != nil {
		panic(err)
	}
	return s
}
