package jpeg

import "errors"

// begins opens the bytes up to the next marker.
func (d *decoder) begins() {
	d.at += d.bits.open(d.src[d.at:])
	s := &d.scan
	s.left, s.run = d.interval, 0
	for i := range s.parts {
		s.parts[i].mean = 0
	}
}

// restarts does what is to do before a unit: where an interval has ended it
// wants a restart mark and begins anew.
func (d *decoder) restarts() error {
	if d.interval == 0 {
		return nil
	}
	s := &d.scan
	if s.left > 0 {
		s.left--
		return nil
	}
	left := d.bits.left()
	if left < 0 {
		return d.fault()
	}
	for d.at < len(d.src) && d.src[d.at] == 0xff {
		d.at++
	}
	if d.at == len(d.src) {
		return errEnd
	}
	if m := d.src[d.at]; m != markRST0+s.restart || left >= 8 || s.run > 0 {
		return errorf("an interval of the scan does not end at restart mark %d", s.restart)
	}
	d.at++
	s.restart = (s.restart + 1) & 7
	d.begins()
	s.left--
	return nil
}

// fault says what is wrong with a scan that could not be decoded. What is no
// code may be one that was cut.
func (d *decoder) fault() error {
	const longest = 16
	switch {
	case d.bits.left() >= longest:
		return errors.New("jpeg: the scan holds what is no code")
	case d.at == len(d.src):
		return errEnd
	}
	return errors.New("jpeg: the scan ends before its pixels do")
}
