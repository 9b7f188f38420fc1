package embed

import (
	"encoding/binary"
	"math"

	"hpaflow/data/half"
	"hpaflow/data/npy"
)

// EncodeNPY gives values as a NumPy array of one dimension.
func EncodeNPY(values []float32, t DType) []byte {
	kind := "<f4"
	if t == Float16 {
		kind = "<f2"
	}
	b := npy.Head(kind, len(values))
	for _, v := range values {
		if t == Float16 {
			b = binary.LittleEndian.AppendUint16(b, half.Bits(v))
		} else {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b
}
