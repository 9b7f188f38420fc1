package codec

import (
	"encoding/binary"
	"math"

	"hpaflow/data/codec/tiff"
	"hpaflow/data/half"
)

// each calls do with each sample as a number.
func (s samples) each(do func(i int, v float64)) {
	raw, order := s.raw, binary.NativeEndian
	switch {
	case s.format == tiff.Float && s.bits == 16:
		for i := range len(raw) / 2 {
			do(i, float64(half.Number(order.Uint16(raw[2*i:]))))
		}
	case s.format == tiff.Float && s.bits == 32:
		for i := range len(raw) / 4 {
			do(i, float64(math.Float32frombits(order.Uint32(raw[4*i:]))))
		}
	case s.format == tiff.Float:
		for i := range len(raw) / 8 {
			do(i, math.Float64frombits(order.Uint64(raw[8*i:])))
		}
	case s.format == tiff.Signed && s.bits == 8:
		for i, v := range raw {
			do(i, float64(int8(v)))
		}
	case s.format == tiff.Signed && s.bits == 16:
		for i := range len(raw) / 2 {
			do(i, float64(int16(order.Uint16(raw[2*i:]))))
		}
	case s.format == tiff.Signed && s.bits == 32:
		for i := range len(raw) / 4 {
			do(i, float64(int32(order.Uint32(raw[4*i:]))))
		}
	case s.format == tiff.Signed:
		for i := range len(raw) / 8 {
			do(i, float64(int64(order.Uint64(raw[8*i:]))))
		}
	case s.bits <= 8:
		for i, v := range raw {
			do(i, float64(v))
		}
	case s.bits <= 16:
		for i := range len(raw) / 2 {
			do(i, float64(order.Uint16(raw[2*i:])))
		}
	case s.bits == 32:
		for i := range len(raw) / 4 {
			do(i, float64(order.Uint32(raw[4*i:])))
		}
	default:
		for i := range len(raw) / 8 {
			do(i, float64(order.Uint64(raw[8*i:])))
		}
	}
}
