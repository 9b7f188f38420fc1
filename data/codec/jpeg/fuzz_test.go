package jpeg

import (
	"bytes"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
)

// stricter are faults for which image/jpeg takes files that are refused here.
var stricter = []string{"is no code", "incomplete", "out of order", "more than", "is missing", "differences of", "a low bit",
	"does not end at restart mark", "components are not supported", "bit 14", "bit 15", "of 3 components", "ends before", "more blocks than"}

// FuzzDecode holds whole files to image/jpeg, and every way of decoding to the
// others.
func FuzzDecode(f *testing.F) {
	for _, b := range files(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := ReadHeader(b); err != nil || h.Width*h.Height > 1<<18 {
			return
		}
		standard, fault := jpeg.Decode(bytes.NewReader(b))
		im, err := decoded(b)
		if err != nil {
			refuses := func(s string) bool { return strings.Contains(err.Error(), s) }
			if fault == nil && !slices.ContainsFunc(stricter, refuses) {
				t.Fatalf("refused, and image/jpeg takes it: %v", err)
			}
			return
		}
		d := kept(t, b)
		same(t, "from coefficients", im, d.out.planes)
		if avx2 {
			avx2 = false
			plain, err := decoded(b)
			avx2 = true
			if err != nil {
				t.Fatalf("without assembly: %v", err)
			}
			same(t, "without assembly", im, plain.Planes)
		}
		if fault == nil && tame(d) && transformed(d, standard) {
			near(t, im, d.out.planes)
		}
	})
}

// kept decodes a file to coefficients and shows them.
func kept(t *testing.T, b []byte) *decoder {
	d := new(decoder)
	if err := d.begin(b, Options{}); err != nil {
		t.Fatal(err)
	}
	im := data.NewImage(d.header.Width, d.header.Height, d.header.Channels, 8)
	d.out.open(d.header, im.Planes, false)
	for {
		m, err := d.segment()
		if err == nil && m == markSOS {
			d.scan.restart = 0
			d.begins()
			err = d.decodeKept()
		}
		if err != nil {
			t.Fatalf("kept: %v", err)
		}
		if m == markEOI {
			d.show()
			return d
		}
	}
}

func same(t *testing.T, what string, im *data.Image, planes []data.Plane) {
	t.Helper()
	for i, p := range im.Planes {
		if !bytes.Equal(p.U8, planes[i].U8) {
			t.Fatalf("%s: plane %d differs", what, i)
		}
	}
}

// tame says that no block leaves the bounds within which transforms agree.
func tame(d *decoder) bool {
	for i := range d.components {
		c := &d.components[i]
		for _, b := range c.coeffs {
			sum := 0
			for k, v := range b {
				p := int(v) * int(uint16(c.quant[k]))
				sum += max(p, -p)
			}
			if sum > 1<<12 {
				return false
			}
		}
	}
	return true
}

// transformed shows image/jpeg's samples in place of ours, where it has them.
func transformed(d *decoder, standard image.Image) bool {
	var planes [3][]byte
	var strides [3]int
	switch m := standard.(type) {
	case *image.Gray:
		planes[0], strides[0] = m.Pix, m.Stride
	case *image.YCbCr:
		planes, strides = [3][]byte{m.Y, m.Cb, m.Cr}, [3]int{m.YStride, m.CStride, m.CStride}
	default: // RGB has been spread
		return false
	}
	if d.header.Channels == 3 && d.isRGB() {
		return false
	}
	d.openBands()
	for row := range d.down {
		for i := range d.components {
			c := &d.components[i]
			for y := range c.band.lines {
				if at := row*c.band.lines + y; at < c.height {
					copy(c.band.buf[(1+y)*c.band.stride+margin:], planes[i][at*strides[i]:][:c.width])
				}
			}
		}
		d.emit(row)
	}
	return true
}

// near wants samples that differ by one level at most, of which colours are made.
func near(t *testing.T, im *data.Image, planes []data.Plane) {
	t.Helper()
	for i, p := range im.Planes {
		for k, v := range p.U8 {
			if off := int(v) - int(planes[i].U8[k]); off > 3 || off < -3 {
				t.Fatalf("plane %d: pixel %d is %d, with image/jpeg's transform %d", i, k, v, planes[i].U8[k])
			}
		}
	}
}
