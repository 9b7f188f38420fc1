package embed

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"hpaflow/data/half"
)

// EncodeNPY gives values as a NumPy array of one dimension.
func EncodeNPY(values []float32, t DType) []byte {
	kind := "<f4"
	if t == Float16 {
		kind = "<f2"
	}
	const magic, align = "\x93NUMPY\x01\x00", 64
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }", kind, len(values))
	fill := align - (len(magic)+2+len(header)+1)%align
	b := binary.LittleEndian.AppendUint16([]byte(magic), uint16(len(header)+fill+1))
	b = append(b, header+strings.Repeat(" ", fill)+"\n"...)
	for _, v := range values {
		if t == Float16 {
			b = binary.LittleEndian.AppendUint16(b, half.Bits(v))
		} else {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b
}
