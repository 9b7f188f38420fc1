package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Markers, by table B.1 of T.81.
const (
	markSOF0 = 0xc0 // baseline
	markSOF1 = 0xc1 // extended sequential
	markSOF2 = 0xc2 // progressive
	markDHT  = 0xc4
	markRST0 = 0xd0
	markRST7 = 0xd7
	markSOI  = 0xd8
	markEOI  = 0xd9
	markSOS  = 0xda
	markDQT  = 0xdb
	markDNL  = 0xdc
	markDRI  = 0xdd
	markAPP0 = 0xe0
	markAPPE = 0xee
	markAPPF = 0xef
	markCOM  = 0xfe
)

// errorf makes an error of this package.
func errorf(format string, a ...any) error { return fmt.Errorf("jpeg: "+format, a...) }

var errEnd = fmt.Errorf("jpeg: %w", io.ErrUnexpectedEOF)

// marker goes on to the next marker. Bytes between segments that are none are
// passed over, as libjpeg does, and so are restart marks: some encoders pad
// their scans, and some end them with such a mark.
func (d *decoder) marker() (byte, error) {
	for {
		for d.at < len(d.src) && d.src[d.at] != 0xff {
			d.at++
		}
		for d.at < len(d.src) && d.src[d.at] == 0xff {
			d.at++
		}
		if d.at >= len(d.src) {
			return 0, errEnd
		}
		m := d.src[d.at]
		d.at++
		if m != 0 && (m < markRST0 || m > markRST7) {
			return m, nil
		}
	}
}

// content is what a segment holds after its length.
func (d *decoder) content() ([]byte, error) {
	rest := d.src[d.at:]
	if len(rest) < 2 {
		return nil, errEnd
	}
	n := int(binary.BigEndian.Uint16(rest))
	if n < 2 {
		return nil, errorf("a segment of length %d", n)
	}
	if n > len(rest) {
		return nil, errEnd
	}
	d.at += n
	return rest[2:n], nil
}

// segment reads the next segment but for a scan's pixels. It gives the marker.
func (d *decoder) segment() (byte, error) {
	m, err := d.marker()
	if err != nil || m == markEOI {
		return m, err
	}
	if err := refused(m); err != nil {
		return m, err
	}
	b, err := d.content()
	if err != nil {
		return m, err
	}
	switch m {
	case markDQT:
		err = d.quantisers(b)
	case markDHT:
		err = d.huffmans(b)
	case markDRI:
		if len(b) != 2 {
			return m, errors.New("jpeg: a restart interval of a wrong length")
		}
		d.interval = int(binary.BigEndian.Uint16(b))
	case markAPP0:
		if len(b) >= 14 && string(b[:5]) == "JFIF\x00" {
			d.jfif = true
		}
	case markAPPE:
		if len(b) >= 12 && string(b[:5]) == "Adobe" {
			d.adobe, d.transform = true, b[11]
		}
	case markSOF0, markSOF1, markSOF2:
		err = d.readFrame(m, b)
	case markSOS:
		err = d.readScan(b)
	}
	return m, err
}

// refused names what is not decoded.
func refused(m byte) error {
	switch {
	case m >= markAPP0 && m <= markAPPF, m == markCOM, m == markDQT, m == markDHT, m == markDRI, m == markSOS,
		m == markSOF0, m == markSOF1, m == markSOF2:
		return nil
	case m == 0xc3:
		return errors.New("jpeg: lossless files are not supported; write it as PNG by libjpeg-turbo 3 and ImageMagick: djpeg IN.jpg | magick - OUT.png")
	case m >= 0xc5 && m <= 0xc7, m == 0xde, m == 0xdf:
		return errors.New("jpeg: hierarchical files are not supported")
	case m >= 0xc8 && m <= 0xcf:
		return errors.New("jpeg: arithmetic codes are not supported; code it anew without loss: jpegtran -outfile OUT.jpg IN.jpg")
	case m == markSOI:
		return errors.New("jpeg: a second image begins before the first ends")
	case m == markDNL:
		return errors.New("jpeg: a height that comes after the pixels is not supported")
	}
	return errorf("unknown marker %02x", m)
}
