package statedict

import (
	"encoding/binary"
	"math"

	"hpaflow/data/half"
)

// dtype is how a file stores a value, little-endian.
type dtype struct {
	size   int
	decode func(dst []float32, src []byte) // nil: whole numbers, which are passed over
}

func (d dtype) whole() bool { return d.decode == nil }

var (
	float16  = dtype{2, decodeFloat16}
	bfloat16 = dtype{2, decodeBFloat16}
	float32s = dtype{4, decodeFloat32}
	float64s = dtype{8, decodeFloat64}
)

// safetensorsTypes are the types by their names in a safetensors header.
var safetensorsTypes = map[string]dtype{
	"F16": float16, "BF16": bfloat16, "F32": float32s, "F64": float64s,
	"BOOL": {1, nil}, "U8": {1, nil}, "I8": {1, nil}, "I16": {2, nil}, "U16": {2, nil},
	"I32": {4, nil}, "U32": {4, nil}, "I64": {8, nil}, "U64": {8, nil},
}

// torchTypes are the types by their storage classes in module torch.
var torchTypes = map[string]dtype{
	"HalfStorage": float16, "BFloat16Storage": bfloat16, "FloatStorage": float32s, "DoubleStorage": float64s,
	"BoolStorage": {1, nil}, "ByteStorage": {1, nil}, "CharStorage": {1, nil}, "ShortStorage": {2, nil},
	"IntStorage": {4, nil}, "LongStorage": {8, nil},
}

func decodeFloat32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func decodeFloat64(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
	}
}

// decodeBFloat16 reads the upper halves of float32s.
func decodeBFloat16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

func decodeFloat16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = half.Number(binary.LittleEndian.Uint16(src[2*i:]))
	}
}
