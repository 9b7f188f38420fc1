package codec

import (
	"encoding/binary"
	"math"

	"hpaflow/data/codec/tiff"
)

// projection is several slices on their way to one: the sum of each pixel, or the
// brightest that was there.
type projection struct {
	samples
	mean  bool
	n     int
	state []float64 // each a whole number of less than 53 bits, unless samples have 64
}

func newProjection(s samples, mean bool) projection {
	return projection{samples: s, mean: mean, state: make([]float64, len(s.raw)*8/max(8, (s.bits+7)/8*8))}
}

// add takes a slice in. What is no number in one is none in the result.
func (p *projection) add(raw []byte) {
	s := samples{p.format, p.bits, raw}
	first := p.n == 0
	p.n++
	s.each(func(i int, v float64) {
		switch {
		case first:
			p.state[i] = v
		case p.mean:
			p.state[i] += v
		default:
			p.state[i] = max(p.state[i], v)
		}
	})
}

// write writes the result, of the samples' type: the mean to the nearest, and halves
// up, where they are whole.
func (p *projection) write(raw []byte) {
	for i, v := range p.state {
		if p.mean {
			v /= float64(p.n)
			if p.format != tiff.Float {
				v = math.Floor(v + 0.5)
			}
		}
		p.put(raw, i, v)
	}
}

// put writes a sample.
func (s samples) put(raw []byte, i int, v float64) {
	order := binary.NativeEndian
	switch size := max(8, (s.bits+7)/8*8); {
	case s.format == tiff.Float && size == 16:
		order.PutUint16(raw[2*i:], toHalf(v))
	case s.format == tiff.Float && size == 32:
		order.PutUint32(raw[4*i:], math.Float32bits(float32(v)))
	case s.format == tiff.Float:
		order.PutUint64(raw[8*i:], math.Float64bits(v))
	case size == 8:
		raw[i] = uint8(int64(v))
	case size == 16:
		order.PutUint16(raw[2*i:], uint16(int64(v)))
	case size == 32:
		order.PutUint32(raw[4*i:], uint32(int64(v)))
	case s.format == tiff.Signed:
		order.PutUint64(raw[8*i:], uint64(int64(v)))
	default:
		order.PutUint64(raw[8*i:], uint64(v))
	}
}

// toHalf is the number of 16 bits that is nearest, of even fraction where two are.
func toHalf(v float64) uint16 {
	var sign uint16
	if math.Signbit(v) {
		sign, v = 1<<15, -v
	}
	switch {
	case v != v:
		return sign | 0x7e00
	case v >= 65520: // beyond the largest, to the nearest
		return sign | 0x7c00
	case v < math.Ldexp(1, -14):
		return sign | uint16(math.RoundToEven(math.Ldexp(v, 24)))
	}
	fraction, exponent := math.Frexp(v) // .5 to 1
	return sign | uint16(exponent+14)<<10 + uint16(math.RoundToEven(fraction*2048)-1024)
}
