package zarr

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"hpaflow/data/half"
)

// Kind is what an array's numbers are.
type Kind int

// The kinds.
const (
	Unsigned Kind = iota
	Signed
	Float
)

// Type is the type of an array's numbers.
type Type struct {
	Kind Kind
	Size int // bytes: 1, 2, 4 or 8
}

func (t Type) String() string {
	return [...]string{"uint", "int", "float"}[t.Kind] + strconv.Itoa(8*t.Size)
}

// type2 reads NumPy's names, of version 2: <u2.
func type2(raw json.RawMessage) (t Type, big bool, err error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return t, false, fmt.Errorf("dtype: structures of fields are not read: %.40s", raw)
	}
	if len(s) != 3 || !strings.Contains("<>|", s[:1]) {
		return t, false, fmt.Errorf("dtype: %.20q is not read; numbers such as <u2 are", s)
	}
	kind := strings.IndexByte("uif", s[1])
	size := int(s[2] - '0')
	if kind < 0 || size != 1 && size != 2 && size != 4 && size != 8 || kind == int(Float) && size == 1 || s[0] == '|' && size > 1 {
		return t, false, fmt.Errorf("dtype: %q is not read; unsigned, signed and floating-point numbers of 8 to 64 bits are", s)
	}
	return Type{Kind(kind), size}, s[0] == '>', nil
}

// type3 reads the names of version 3: uint16.
func type3(raw json.RawMessage) (Type, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return Type{}, fmt.Errorf("data_type: extensions are not read: %.60s", raw)
	}
	for kind := Unsigned; kind <= Float; kind++ {
		for _, size := range []int{1, 2, 4, 8} {
			if t := (Type{kind, size}); s == t.String() && s != "float8" {
				return t, nil
			}
		}
	}
	return Type{}, fmt.Errorf("data_type: %.40q is not read; unsigned, signed and floating-point numbers of 8 to 64 bits are", s)
}

// fill reads a fill value, as the bytes of a number in the machine's order.
func (t Type) fill(raw json.RawMessage) ([]byte, error) {
	text := strings.TrimSpace(string(raw))
	b := make([]byte, t.Size)
	if text == "" || text == "null" {
		return b, nil
	}
	wrong := fmt.Errorf("fill_value: %.40s is no %v", text, t)
	var bits uint64
	if s, err := strconv.Unquote(text); err == nil {
		if digits, is := strings.CutPrefix(s, "0x"); is {
			if bits, err = strconv.ParseUint(digits, 16, 8*t.Size); err != nil || t.Kind != Float {
				return nil, wrong
			}
			t.put(b, bits)
			return b, nil
		}
		v, known := map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}[s]
		if !known || t.Kind != Float {
			return nil, wrong
		}
		t.putFloat(b, v)
		return b, nil
	}
	if t.Kind == Float {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, wrong
		}
		t.putFloat(b, v)
		return b, nil
	}
	text = strings.TrimSuffix(text, ".0") // as some write whole numbers
	var err error
	if t.Kind == Unsigned {
		bits, err = strconv.ParseUint(text, 10, 8*t.Size)
	} else {
		var v int64
		v, err = strconv.ParseInt(text, 10, 8*t.Size)
		bits = uint64(v)
	}
	if err != nil {
		return nil, wrong
	}
	t.put(b, bits)
	return b, nil
}

// put writes the lower bits, as many as a number has.
func (t Type) put(b []byte, bits uint64) {
	switch t.Size {
	case 1:
		b[0] = byte(bits)
	case 2:
		binary.NativeEndian.PutUint16(b, uint16(bits))
	case 4:
		binary.NativeEndian.PutUint32(b, uint32(bits))
	case 8:
		binary.NativeEndian.PutUint64(b, bits)
	}
}

func (t Type) putFloat(b []byte, v float64) {
	switch t.Size {
	case 2:
		t.put(b, uint64(half.Bits(float32(v))))
	case 4:
		t.put(b, uint64(math.Float32bits(float32(v))))
	case 8:
		t.put(b, math.Float64bits(v))
	}
}
